"""Rows of changes to a table: the RuleData of RopModifyRules and the PermissionData of RopModifyPermissions.

Spec: [MS-OXORULE] 2.2.1.3, [MS-OXCPERM] 2.2.2.1.1; reference/system/store.md section 9 has the same two rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.mapi.propvalue import PropValue, pack_tagged, unpack_tagged

if TYPE_CHECKING:
    from gromox.codec.packed import Reader, Writer

#: Rules have ten properties, permissions four.
MAX_VALUES: Final = 256


class Change(IntEnum):
    """What happens to the row."""

    ADD = 0x01
    MODIFY = 0x02
    REMOVE = 0x04


@dataclass(frozen=True, slots=True)
class ModifyRow:
    """A change and the properties of the row that it is about."""

    change: Change
    values: tuple[tuple[int, PropValue], ...]

    @classmethod
    def decode(cls, r: Reader, *, wide: bool = False) -> ModifyRow:
        """Read the wire form.

        Raises:
            ParseError: the change is unknown, or there are no values or more than MAX_VALUES.
        """
        at = r.offset
        try:
            change = Change(r.u8())
        except ValueError:
            raise ParseError("1, 2 or 4 for a change of a row", at) from None
        count = r.u16()
        if not 0 < count <= MAX_VALUES:
            raise ParseError(f"1 to {MAX_VALUES} values of a row instead of {count}", at + 1)
        return cls(change, tuple(unpack_tagged(r, wide=wide) for _ in range(count)))

    def write(self, w: Writer, *, wide: bool = False) -> None:
        """Append the wire form.

        Raises:
            ValueError: there are no values or more than MAX_VALUES, or one does not fit its type.
        """
        if not 0 < len(self.values) <= MAX_VALUES:
            raise ValueError(f"a row has 1 to {MAX_VALUES} values")
        w.u8(self.change)
        w.u16(len(self.values))
        for tag, value in self.values:
            pack_tagged(w, tag, value, wide=wide)
