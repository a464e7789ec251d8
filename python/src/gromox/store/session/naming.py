"""The part of a session that knows names of properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.operation import operation
from gromox.store.session.base import SessionPart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.mapi.propname import PropertyName


class Naming(SessionPart):
    """Named properties."""

    __slots__ = ()

    @operation
    def named_ids(self, names: Sequence[PropertyName], *, create: bool = False) -> tuple[int, ...]:
        """Return the identifiers of names; 0 where a name has none.

        Spec: [MS-OXCPRPT] 2.2.13, 3.2.5.10.

        Args:
            names: at most as many as a mailbox may have.
            create: give those that have none one.

        Raises:
            InvalidValueError: no property can have such a name.
            LimitError: the mailbox has as many names as it may.
        """
        file = self._file
        found = file.names.ids(names)
        if create and not all(found):
            missing = [name for name, propid in zip(names, found, strict=True) if not propid]
            with file.write(durable=True) as tx:
                tx.next_cn()
                file.names.create(missing)
            found = file.names.ids(names)
        return tuple(found)

    @operation
    def names_of(self, propids: Sequence[int]) -> tuple[PropertyName | None, ...]:
        """Return the names of identifiers; None where there is none.

        Spec: [MS-OXCPRPT] 2.2.14, 3.2.5.9.
        """
        return tuple(self._file.names.names(propids))

    @operation
    def all_names(self) -> Mapping[int, PropertyName]:
        """Return every named property of the mailbox by its identifier ([MS-OXCPRPT] 2.2.12)."""
        return self._file.names.all()
