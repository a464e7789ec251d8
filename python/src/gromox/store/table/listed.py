"""Small tables that are read as a whole: permissions, rules, recipients, attachments."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.mapi import tags
from gromox.mapi.proptypes import PropType
from gromox.mapi.restrictioncodec import unpack_restriction
from gromox.mapi.ruleaction import STORED, unpack_rule_action
from gromox.store.permission import ANONYMOUS, DEFAULT, Right
from gromox.store.property import text
from gromox.store.table.source import Plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.table.source import Values

    Loaded = Sequence[tuple[int, Mapping[int, PropValue]]]

MEMBER_DEFAULT: Final = 0
MEMBER_ANONYMOUS: Final = 0xFFFFFFFFFFFFFFFF
"""Minus one: the wire has 64 bits without a sign."""
_ANONYMOUS_NAME: Final = "Anonymous"
_FREEBUSY: Final = Right.FREEBUSY_SIMPLE | Right.FREEBUSY_DETAILED
_PARSE_ERROR: Final = 0x40

PERMISSION_TAGS: Final = (
    tags.PidTagMemberId,
    tags.PidTagMemberName,
    tags.PidTagMemberRights,
    tags.PidTagSmtpAddress,
)
RULE_TAGS: Final = (
    tags.PidTagRuleId,
    tags.PidTagRuleSequence,
    tags.PidTagRuleState,
    tags.PidTagRuleName,
    tags.PidTagRuleProvider,
    tags.PidTagRuleLevel,
    tags.PidTagRuleUserFlags,
    tags.PidTagRuleProviderData,
    tags.PidTagRuleCondition,
    tags.PidTagRuleActions,
)


class ListedSource(Plain):
    """Rows that a function gives."""

    def __init__(
        self, file: MailboxFile, load: Callable[[], Loaded], all_tags: Sequence[int], *, code_page: int
    ) -> None:
        """Ask ``load`` whenever the mailbox changed."""
        self._file, self._load, self._code_page = file, load, code_page
        self.all_tags: Sequence[int] = tuple(all_tags)
        self._as_of = -1
        self._rows: dict[int, Mapping[int, PropValue]] = {}

    def stamp(self) -> object:
        """Return the change number of the mailbox."""
        self._current()
        return self._as_of

    def _current(self) -> dict[int, Mapping[int, PropValue]]:
        self._file.refresh()
        if self._as_of != self._file.change_number:
            self._rows = dict(self._load())
            self._as_of = self._file.change_number
            found = dict.fromkeys(self.all_tags)
            found.update(dict.fromkeys(tag for row in self._rows.values() for tag in row))
            self.all_tags = tuple(found)
        return self._rows

    def ids(self) -> Sequence[int]:
        """Return the rows in their order."""
        return array("Q", self._current())

    def present(self, ids: Sequence[int]) -> set[int]:
        """Return those of some rows that are there."""
        rows = self._current()
        return {row_id for row_id in ids if row_id in rows}

    def read(self, ids: Sequence[int], tags: Sequence[int]) -> Sequence[Values | None]:
        """Return the values of rows."""
        rows = self._current()
        return [self._values(rows.get(row_id), tags) for row_id in ids]

    def _values(self, row: Mapping[int, PropValue] | None, wanted: Sequence[int]) -> Values | None:
        if row is None:
            return None
        return tuple([self._value(row, tag) for tag in wanted])

    def _value(self, row: Mapping[int, PropValue], tag: int) -> PropValue | None:
        if tag & 0xFFFF == PropType.UNSPECIFIED:
            return next((value for held, value in row.items() if held >> 16 == tag >> 16), None)
        stored = text.stored_tag(tag)
        value = row.get(stored)
        return value if value is None or stored == tag else text.encoded(value, self._code_page)


def permissions(file: MailboxFile, folder_id: int, *, free_busy: bool) -> Loaded:
    """Return the rows of a permissions table.

    Spec:
        [MS-OXCPERM] 2.2.4 to 2.2.7, 3.2.5.1. The rows of everybody and of anonymous are always there, and
        come first. The entry id of a member is the directory's business; PidTagSmtpAddress tells who it is.

    Args:
        file: the mailbox.
        folder_id: the folder.
        free_busy: with the rights on free/busy data, which older clients do not know.
    """
    mask = ~0 if free_busy else ~int(_FREEBUSY)
    default, anonymous = file.default_rights, file.anonymous_rights
    rows: list[tuple[int, Mapping[int, PropValue]]] = []
    for member_id, username, rights in file.execute(
        "SELECT member_id, username, rights FROM permissions WHERE folder_id = ? ORDER BY member_id",
        (folder_id,),
    ).fetchall():
        if username == DEFAULT:
            default = rights
        elif username == ANONYMOUS:
            anonymous = rights
        else:
            rows.append((member_id, _member(member_id, username, rights & mask, username)))
    return [
        (MEMBER_DEFAULT, _member(MEMBER_DEFAULT, "", default & mask)),
        (MEMBER_ANONYMOUS, _member(MEMBER_ANONYMOUS, _ANONYMOUS_NAME, anonymous & mask)),
        *rows,
    ]


def _member(member_id: int, name: str, rights: int, address: str = "") -> Mapping[int, PropValue]:
    row: dict[int, PropValue] = {
        tags.PidTagMemberId: member_id,
        tags.PidTagMemberName: name,
        tags.PidTagMemberRights: rights,
    }
    if address:
        row[tags.PidTagSmtpAddress] = address
    return row


def rules(file: MailboxFile, folder_id: int) -> Loaded:
    """Return the rows of a rules table, [MS-OXORULE] 2.2.1.3.1; what cannot be read is left out."""
    rows: list[tuple[int, Mapping[int, PropValue]]] = []
    for rule_id, sequence, state, level, user_flags, name, provider, data, condition, actions in file.execute(
        "SELECT rule_id, sequence, state, level, user_flags, name, provider, provider_data, condition,"
        " actions FROM rules WHERE folder_id = ? ORDER BY sequence, rule_id",
        (folder_id,),
    ).fetchall():
        row: dict[int, PropValue] = {
            tags.PidTagRuleId: rule_id,
            tags.PidTagRuleSequence: sequence,
            tags.PidTagRuleState: state,
            tags.PidTagRuleName: name or "",
            tags.PidTagRuleProvider: provider,
            tags.PidTagRuleLevel: level or 0,
            tags.PidTagRuleUserFlags: user_flags or 0,
            tags.PidTagRuleProviderData: data or b"",
        }
        try:
            if condition:
                row[tags.PidTagRuleCondition] = unpack_restriction(Reader(condition), wide=True)
            row[tags.PidTagRuleActions] = unpack_rule_action(Reader(actions), STORED)
        except ParseError:
            row[tags.PidTagRuleState] = state | _PARSE_ERROR
        rows.append((rule_id, row))
    return rows
