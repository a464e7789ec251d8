"""What rules do: the value of PidTagRuleActions and the properties of extended rules.

Three forms exist of one value: STANDARD in ROP buffers, EXTENDED in FAI messages of extended rules (wide
counts; folders and templates by entry id), STORED in mailboxes and the store RPC (the data of a standard rule
with wide sizes).

Spec:
    [MS-OXORULE] 2.2.5 (actions), 2.2.4.1.9, 2.2.4.1.10 and 2.2.4.2 (extended rules). RecipientCount and
    NoOfProperties are four octets by 2.2.5.1.2.4; on the wire of standard rules they are two (Microsoft's own
    MAPI Inspector reads them so). We write two there and read both, told apart by the properties that each
    recipient must have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.plainvalue import PlainValue, pack_tagged, unpack_tagged

if TYPE_CHECKING:
    from uuid import UUID

MAX_ACTIONS: Final = 1024  #: of one rule; clients make a handful
MAX_RECIPIENTS: Final = 4096  #: of one forward
#: One octet, so that two- and four-octet counts of recipients can be told apart.
MAX_RECIPIENT_PROPERTIES: Final = 255


class ActionType(IntEnum):
    """[MS-OXORULE] 2.2.5.1."""

    MOVE = 0x01
    COPY = 0x02
    REPLY = 0x03
    OOF_REPLY = 0x04
    DEFER_ACTION = 0x05
    BOUNCE = 0x06
    FORWARD = 0x07
    DELEGATE = 0x08
    TAG = 0x09
    DELETE = 0x0A
    MARK_AS_READ = 0x0B


class ForwardFlavor(IntFlag):
    """ActionFlavor of OP_FORWARD, [MS-OXORULE] 2.2.5.1.1."""

    PRESERVE_SENDER = 0x00000001
    DO_NOT_MUNGE = 0x00000002
    AS_ATTACHMENT = 0x00000004
    AS_TEXT_MESSAGE = 0x00000008


class ReplyFlavor(IntFlag):
    """ActionFlavor of OP_REPLY and OP_OOF_REPLY, [MS-OXORULE] 2.2.5.1.1."""

    NOT_TO_ORIGINATOR = 0x00000001
    STOCK_TEMPLATE = 0x00000002


class BounceCode(IntEnum):
    """Why a message is refused, [MS-OXORULE] 2.2.5.1.2.5."""

    TOO_LARGE = 0x0000000D
    NOT_DISPLAYABLE = 0x0000001F
    DENIED = 0x00000026


@dataclass(frozen=True, slots=True)
class Form:
    """How wide counts and sizes are, and whether folders and templates stand by entry id."""

    count: int
    size: int
    extended: bool

    @property
    def wide(self) -> bool:
        """Whether counts inside property values are 32 bits."""
        return self.size > 2  # noqa: PLR2004 - octets


STANDARD: Final = Form(2, 2, extended=False)
EXTENDED: Final = Form(4, 4, extended=True)
STORED: Final = Form(2, 4, extended=False)


@dataclass(frozen=True, slots=True)
class ServerEid:
    """A folder of the mailbox that the rule belongs to, [MS-OXORULE] 2.2.5.1.2.1.1."""

    folder_id: int
    message_id: int = 0
    instance: int = 0


@dataclass(frozen=True, slots=True)
class MoveTo:
    """Where OP_MOVE and OP_COPY put a message.

    ``folder`` is a :class:`ServerEid` in the own mailbox, else the octets that the client chose (a folder
    entry id in an extended rule). ``store_eid`` means something only for foreign folders.
    """

    folder: ServerEid | bytes
    store_eid: bytes = b""


@dataclass(frozen=True, slots=True)
class ReplyTemplate:
    """The template of a standard rule's reply, [MS-OXORULE] 2.2.5.1.2.2."""

    folder_id: int
    message_id: int
    template: UUID


@dataclass(frozen=True, slots=True)
class ExtendedReplyTemplate:
    """The template of an extended rule's reply: a message entry id, [MS-OXORULE] 2.2.5.1.2.2."""

    message_eid: bytes
    template: UUID


@dataclass(frozen=True, slots=True)
class RecipientBlock:
    """One recipient of a forward, [MS-OXORULE] 2.2.5.1.2.4.1."""

    properties: tuple[tuple[int, PlainValue], ...]
    reserved: int = 1


@dataclass(frozen=True, slots=True)
class TagValue:
    """The property that OP_TAG sets, [MS-OXORULE] 2.2.5.1.2.6."""

    tag: int
    value: PlainValue


ActionData: TypeAlias = (
    MoveTo
    | ReplyTemplate
    | ExtendedReplyTemplate
    | bytes
    | tuple[RecipientBlock, ...]
    | BounceCode
    | TagValue
    | None
)


@dataclass(frozen=True, slots=True)
class Action:
    """An ActionBlock, [MS-OXORULE] 2.2.5.1.

    ``data`` is by type: MoveTo; (Extended)ReplyTemplate; bytes of OP_DEFER_ACTION; recipients; BounceCode;
    TagValue; None. ``flavor`` is kept whatever it is, ``flags`` are the client's own.
    """

    type: ActionType
    data: ActionData = None
    flavor: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class RuleAction:
    """The actions of a rule in their order, [MS-OXORULE] 2.2.5; at least one."""

    actions: tuple[Action, ...]


def unpack_rule_action(r: Reader, form: Form = STANDARD) -> RuleAction:
    """Read the actions of a rule.

    Spec: [MS-OXORULE] 2.2.5
    Raises:
        ParseError: they do not follow the layout, or are more than MAX_ACTIONS.
    """
    count = _counted(r, form.count, MAX_ACTIONS, "actions of a rule")
    return RuleAction(tuple(_unpack_action(r, form) for _ in range(count)))


def pack_rule_action(w: Writer, rule: RuleAction, form: Form = STANDARD) -> None:
    """Write the actions of a rule.

    Spec: [MS-OXORULE] 2.2.5
    Raises:
        ValueError: an action has other data than its type and form need, or something is too large.
    """
    if not 0 < len(rule.actions) <= MAX_ACTIONS:
        raise ValueError(f"a rule has 1 to {MAX_ACTIONS} actions")
    _write_number(w, len(rule.actions), form.count)
    for action in rule.actions:
        block = Writer()
        block.u8(action.type)
        block.u32(action.flavor)
        block.u32(action.flags)
        _DATA[action.type][1](block, action.data, form)
        _write_octets(w, block.octets(), form)


def _unpack_action(r: Reader, form: Form) -> Action:
    start = r.offset
    length = _number(r, form.size)
    block = Reader(r.take(length))
    try:
        kind, flavor, flags = _action_type(block), block.u32(), block.u32()
        action = Action(kind, _DATA[kind][0](block, form), flavor, flags)
        block.end()
    except ParseError as error:
        # Positions are those of the whole buffer.
        raise ParseError(error.expectation, start + form.size + error.position) from None
    return action


def _action_type(r: Reader) -> ActionType:
    try:
        return ActionType(r.u8())
    except ValueError:
        raise ParseError("a type of rule actions", r.offset - 1) from None


def _number(r: Reader, octets: int) -> int:
    return r.u16() if octets == 2 else r.u32()  # noqa: PLR2004 - octets


def _write_number(w: Writer, value: int, octets: int) -> None:
    if value >> 8 * octets:
        raise ValueError(f"{value} octets or values are more than a count of {octets} octets can tell")
    w.raw(value.to_bytes(octets, "little"))


def _write_octets(w: Writer, octets: bytes, form: Form) -> None:
    _write_number(w, len(octets), form.size)
    w.raw(octets)


def _counted(r: Reader, octets: int, most: int, what: str) -> int:
    at = r.offset
    count = _number(r, octets)
    if not 0 < count <= most:
        raise ParseError(f"1 to {most} {what} instead of {count}", at)
    return count


def _misfit(data: object, wanted: str) -> ValueError:
    return ValueError(f"data of type {type(data).__name__} stand where {wanted} belongs")


_EID_SIZE: Final = 21


def _read_move(r: Reader, form: Form) -> MoveTo:
    in_this_store = not form.extended and r.u8() != 0
    store_eid = r.take(_number(r, form.size))
    at = r.offset
    folder = r.take(_number(r, form.size))
    if not in_this_store:
        return MoveTo(folder, store_eid)
    if len(folder) != _EID_SIZE or folder[0] != 1:
        raise ParseError("the ServerEid of a folder", at)
    eid = Reader(folder[1:])
    return MoveTo(ServerEid(eid.u64(), eid.u64(), eid.u32()), store_eid)


def _write_move(w: Writer, data: ActionData, form: Form) -> None:
    if not isinstance(data, MoveTo) or (form.extended and not isinstance(data.folder, bytes)):
        raise _misfit(data, "a MoveTo that fits the form of the rule")
    if not form.extended:
        w.u8(isinstance(data.folder, ServerEid))
    _write_octets(w, data.store_eid, form)
    folder = data.folder
    if isinstance(folder, ServerEid):
        eid = Writer()
        eid.u8(1)
        eid.u64(folder.folder_id)
        eid.u64(folder.message_id)
        eid.u32(folder.instance)
        folder = eid.octets()
    _write_octets(w, folder, form)


def _read_reply(r: Reader, form: Form) -> ReplyTemplate | ExtendedReplyTemplate:
    if form.extended:
        return ExtendedReplyTemplate(r.take(r.u32()), r.guid())
    return ReplyTemplate(r.u64(), r.u64(), r.guid())


def _write_reply(w: Writer, data: ActionData, form: Form) -> None:
    if isinstance(data, ExtendedReplyTemplate) and form.extended:
        _write_octets(w, data.message_eid, form)
    elif isinstance(data, ReplyTemplate) and not form.extended:
        w.u64(data.folder_id)
        w.u64(data.message_id)
    else:
        raise _misfit(data, "a reply template that fits the form of the rule")
    w.guid(data.template)


def _read_opaque(r: Reader, _form: Form) -> bytes:
    return r.rest()


def _write_opaque(w: Writer, data: ActionData, _form: Form) -> None:
    if not isinstance(data, bytes):
        raise _misfit(data, "bytes")
    w.raw(data)


def _read_bounce(r: Reader, _form: Form) -> BounceCode:
    at = r.offset
    try:
        return BounceCode(r.u32())
    except ValueError:
        raise ParseError("a bounce code", at) from None


def _write_bounce(w: Writer, data: ActionData, _form: Form) -> None:
    if not isinstance(data, BounceCode):
        raise _misfit(data, "a BounceCode")
    w.u32(data)


def _read_recipients(r: Reader, form: Form) -> tuple[RecipientBlock, ...]:
    octets = form.size
    if octets == 2 and r.remaining >= 4:  # noqa: PLR2004 - octets
        # Of a count of four octets the upper two are zero; behind one of two stand Reserved and the low
        # octet of NoOfProperties, which is not zero.
        start = Reader(r.take(4))
        r.offset -= 4
        start.u16()
        octets = 2 if start.u16() else 4
    count = _counted(r, octets, MAX_RECIPIENTS, "recipients")
    return tuple(_read_recipient(r, octets, wide=form.wide) for _ in range(count))


def _read_recipient(r: Reader, octets: int, *, wide: bool) -> RecipientBlock:
    reserved = r.u8()
    count = _counted(r, octets, MAX_RECIPIENT_PROPERTIES, "properties of a recipient")
    return RecipientBlock(tuple(unpack_tagged(r, wide=wide) for _ in range(count)), reserved)


def _write_recipients(w: Writer, data: ActionData, form: Form) -> None:
    if not isinstance(data, tuple) or not 0 < len(data) <= MAX_RECIPIENTS:
        raise _misfit(data, f"a tuple of 1 to {MAX_RECIPIENTS} recipients")
    _write_number(w, len(data), form.size)
    for recipient in data:
        if not 0 < len(recipient.properties) <= MAX_RECIPIENT_PROPERTIES:
            raise ValueError(f"a recipient has 1 to {MAX_RECIPIENT_PROPERTIES} properties")
        w.u8(recipient.reserved)
        _write_number(w, len(recipient.properties), form.size)
        for tag, value in recipient.properties:
            pack_tagged(w, tag, value, wide=form.wide)


def _read_tag(r: Reader, form: Form) -> TagValue:
    return TagValue(*unpack_tagged(r, wide=form.wide))


def _write_tag(w: Writer, data: ActionData, form: Form) -> None:
    if not isinstance(data, TagValue):
        raise _misfit(data, "a TagValue")
    pack_tagged(w, data.tag, data.value, wide=form.wide)


def _read_nothing(_r: Reader, _form: Form) -> None:
    return None


def _write_nothing(_w: Writer, data: ActionData, _form: Form) -> None:
    if data is not None:
        raise _misfit(data, "None")


_Read: TypeAlias = Callable[[Reader, Form], ActionData]
_Write: TypeAlias = Callable[[Writer, ActionData, Form], None]
_DATA: Final[dict[int, tuple[_Read, _Write]]] = {
    ActionType.MOVE: (_read_move, _write_move),
    ActionType.COPY: (_read_move, _write_move),
    ActionType.REPLY: (_read_reply, _write_reply),
    ActionType.OOF_REPLY: (_read_reply, _write_reply),
    ActionType.DEFER_ACTION: (_read_opaque, _write_opaque),
    ActionType.BOUNCE: (_read_bounce, _write_bounce),
    ActionType.FORWARD: (_read_recipients, _write_recipients),
    ActionType.DELEGATE: (_read_recipients, _write_recipients),
    ActionType.TAG: (_read_tag, _write_tag),
    ActionType.DELETE: (_read_nothing, _write_nothing),
    ActionType.MARK_AS_READ: (_read_nothing, _write_nothing),
}
