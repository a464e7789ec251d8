"""The older attributes: each says what a property says, mostly in a code page and with less.

Spec: [MS-OXTNEF] 2.1.3.3 (layouts), 2.3.3 (what a reader makes of them).
"""

from __future__ import annotations

import binascii
import datetime as dt
import struct
from typing import TYPE_CHECKING, Final

from gromox.codec.packed import Reader, Writer
from gromox.convert.textcodec import decode_page, encode_page
from gromox.convert.tnef.attribute import Attribute
from gromox.mapi import tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.mapi.message import PropertyBag

#: Names that Microsoft Mail had for message classes, [MS-OXTNEF] 2.1.3.3.8.
_CLASSES: Final = {
    "IPM.Microsoft Mail.Note": "IPM.Note",
    "IPM.Microsoft Mail.Read Receipt": "Report.IPM.Note.IPNRN",
    "IPM.Microsoft Mail.Non-Delivery": "Report.IPM.Note.NDR",
    "IPM.Microsoft Schedule.MtgRespP": "IPM.Schedule.Meeting.Resp.Pos",
    "IPM.Microsoft Schedule.MtgRespN": "IPM.Schedule.Meeting.Resp.Neg",
    "IPM.Microsoft Schedule.MtgRespA": "IPM.Schedule.Meeting.Resp.Tent",
    "IPM.Microsoft Schedule.MtgReq": "IPM.Schedule.Meeting.Request",
    "IPM.Microsoft Schedule.MtgCncl": "IPM.Schedule.Meeting.Canceled",
}
_OLD_CLASSES: Final = {new.lower(): old for old, new in _CLASSES.items()}
_NEW_CLASSES: Final = {old.lower(): new for old, new in _CLASSES.items()}
_RESPONSE: Final = "ipm.schedule.meeting.resp."

_EPOCH: Final = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)
_DATE: Final = struct.Struct("<7H")
_TRIPLE: Final = struct.Struct("<4H")
_ONE_OFF: Final = 4
_RENDERING: Final = struct.Struct("<HIHHI")
_OLE: Final = 2
_FILE: Final = 1
NOT_RENDERED: Final = 0xFFFFFFFF

#: attMessageStatus, [MS-OXTNEF] 2.1.3.3.7: bits, and the bits of PidTagMessageFlags.
_STATUS: Final = ((0x20, 0x01), (0x04, 0x04), (0x80, 0x10), (0x02, 0x08))
_STATUS_MODIFIED: Final = 0x01
_FLAG_UNMODIFIED: Final = 0x02

_TEXTS: Final = {
    Attribute.SUBJECT: tags.PidTagSubject,
    Attribute.BODY: tags.PidTagBody,
    Attribute.ATTACH_TITLE: tags.PidTagAttachFilename,
    Attribute.ATTACH_TRANSPORT_FILENAME: tags.PidTagAttachTransportName,
}
_DATES: Final = {
    Attribute.DATE_START: tags.PidTagStartDate,
    Attribute.DATE_END: tags.PidTagEndDate,
    Attribute.DATE_SENT: tags.PidTagClientSubmitTime,
    Attribute.DATE_RECEIVED: tags.PidTagMessageDeliveryTime,
    Attribute.DATE_MODIFIED: tags.PidTagLastModificationTime,
    Attribute.ATTACH_CREATE_DATE: tags.PidTagCreationTime,
    Attribute.ATTACH_MODIFY_DATE: tags.PidTagLastModificationTime,
}
_KEYS: Final = {
    Attribute.MESSAGE_ID: tags.PidTagSearchKey,
    Attribute.PARENT_ID: tags.PidTagParentKey,
    Attribute.CONVERSATION_ID: tags.PidTagConversationKey,
}
_OCTETS: Final = {
    Attribute.ATTACH_META_FILE: tags.PidTagAttachRendering,
    Attribute.DELEGATE: tags.PidTagReceivedRepresentingEntryId,
}
_SENDER: Final = (tags.PidTagSenderName, tags.PidTagSenderAddressType, tags.PidTagSenderEmailAddress)
_SENT_FOR: Final = (
    tags.PidTagSentRepresentingName,
    tags.PidTagSentRepresentingAddressType,
    tags.PidTagSentRepresentingEmailAddress,
)
_RECEIVED_FOR: Final = (
    tags.PidTagReceivedRepresentingName,
    tags.PidTagReceivedRepresentingAddressType,
    tags.PidTagReceivedRepresentingEmailAddress,
)


def class_of(old: str) -> str:
    """Return today's name of a message class."""
    return _NEW_CLASSES.get(old.lower(), old)


def filetime_of(octets: bytes) -> int | None:
    """Return the FILETIME of a date attribute; None if there is no such moment."""
    year, month, day, hour, minute, second, _ = _DATE.unpack(octets[: _DATE.size])
    try:
        moment = dt.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC)
    except ValueError:
        return None
    elapsed = moment - _EPOCH
    return None if elapsed.days < 0 else (elapsed.days * 86400 + elapsed.seconds) * 10_000_000


def date_octets(filetime: int) -> bytes | None:
    """Return the data of a date attribute; None for times that have none."""
    try:
        moment = _EPOCH + dt.timedelta(microseconds=filetime // 10)
    except OverflowError:
        return None
    weekday = moment.isoweekday() % 7
    return _DATE.pack(
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, weekday
    )


def read_attribute(bag: PropertyBag, attribute: Attribute, octets: bytes, code_page: int) -> None:
    """Add what an older attribute says to ``bag``. Attributes of another kind add nothing.

    Raises:
        ParseError: the data ends too early.
    """
    if attribute in _TEXTS:
        bag[_TEXTS[attribute]] = _text(octets, code_page)
    elif attribute in _DATES:
        moment = filetime_of(Reader(octets).take(_DATE.size))
        if moment is not None:
            bag[_DATES[attribute]] = moment
    elif attribute in _KEYS:
        _read_key(bag, _KEYS[attribute], octets)
    elif attribute in _OCTETS:
        bag[_OCTETS[attribute]] = octets
    elif attribute in _SPECIAL:
        _SPECIAL[attribute](bag, octets, code_page)


def _text(octets: bytes, code_page: int) -> str:
    return decode_page(octets.partition(b"\0")[0], code_page)


def _read_key(bag: PropertyBag, tag: int, octets: bytes) -> None:
    try:
        bag[tag] = binascii.unhexlify(octets.partition(b"\0")[0])
    except binascii.Error:
        return  # not a key that MAPI would know


def _read_class(bag: PropertyBag, octets: bytes, code_page: int) -> None:
    bag[tags.PidTagMessageClass] = class_of(_text(octets, code_page))


def _read_original_class(bag: PropertyBag, octets: bytes, code_page: int) -> None:
    bag[tags.PidTagOriginalMessageClass] = class_of(_text(octets, code_page))


def _read_priority(bag: PropertyBag, octets: bytes, _code_page: int) -> None:
    # 1 is high and 3 is low; PidTagImportance counts the other way from 0.
    priority = Reader(octets).u16()
    bag[tags.PidTagImportance] = 3 - priority if 1 <= priority <= 3 else 1  # noqa: PLR2004


def _read_status(bag: PropertyBag, octets: bytes, _code_page: int) -> None:
    status = Reader(octets).u8()
    flags = sum(flag for bit, flag in _STATUS if status & bit)
    bag[tags.PidTagMessageFlags] = flags | (0 if status & _STATUS_MODIFIED else _FLAG_UNMODIFIED)


def _read_appointment(bag: PropertyBag, octets: bytes, _code_page: int) -> None:
    bag[tags.PidTagOwnerAppointmentId] = Reader(octets).u32()


def _read_request(bag: PropertyBag, octets: bytes, _code_page: int) -> None:
    bag[tags.PidTagResponseRequested] = Reader(octets).u16() != 0


def _read_from(bag: PropertyBag, octets: bytes, code_page: int) -> None:
    r = Reader(octets)
    _, _, name_size, address_size = r.unpack(_TRIPLE)
    _set_person(bag, _SENDER, r.take(name_size), r.take(min(address_size, r.remaining)), code_page)


def _read_sent_for(bag: PropertyBag, octets: bytes, code_page: int) -> None:
    r = Reader(octets)
    _set_person(bag, _SENT_FOR, r.take(r.u16()), r.take(r.u16()), code_page)


def _read_owner(bag: PropertyBag, octets: bytes, code_page: int) -> None:
    # The organiser either way: of a response it is who receives it.
    is_response = bag.text(tags.PidTagMessageClass).lower().startswith(_RESPONSE)
    r = Reader(octets)
    person = _RECEIVED_FOR if is_response else _SENT_FOR
    _set_person(bag, person, r.take(r.u16()), r.take(r.u16()), code_page)


def _set_person(
    bag: PropertyBag, keys: tuple[int, int, int], name: bytes, address: bytes, code_page: int
) -> None:
    kind, colon, rest = _text(address, code_page).partition(":")
    bag[keys[0]] = _text(name, code_page)
    if colon:
        bag[keys[1]], bag[keys[2]] = kind.upper(), rest


_SPECIAL: Final[dict[Attribute, Callable[[PropertyBag, bytes, int], None]]] = {
    Attribute.MESSAGE_CLASS: _read_class,
    Attribute.ORIGINAL_MESSAGE_CLASS: _read_original_class,
    Attribute.PRIORITY: _read_priority,
    Attribute.MESSAGE_STATUS: _read_status,
    Attribute.AID_OWNER: _read_appointment,
    Attribute.REQUEST_RESPONSE: _read_request,
    Attribute.FROM: _read_from,
    Attribute.SENT_FOR: _read_sent_for,
    Attribute.OWNER: _read_owner,
}


def rendering(octets: bytes) -> tuple[bool, int]:
    """Return whether attAttachRendData speaks of an OLE object, and the position of its icon.

    Raises:
        ParseError: the data ends too early.
    """
    kind, position, *_ = Reader(octets).unpack(_RENDERING)
    return kind == _OLE, position


def rendering_octets(*, is_ole: bool, position: int) -> bytes:
    """Return the data of attAttachRendData."""
    return _RENDERING.pack(_OLE if is_ole else _FILE, position & 0xFFFFFFFF, 0, 0, 0)


def message_attributes(bag: PropertyBag, code_page: int) -> list[tuple[Attribute, bytes]]:
    """Return the older attributes that readers without attMsgProps look for, as far as ``bag`` has them."""
    out: list[tuple[Attribute, bytes]] = []
    message_class = bag.text(tags.PidTagMessageClass)
    if message_class:
        old = _OLD_CLASSES.get(message_class.lower(), message_class)
        out.append((Attribute.MESSAGE_CLASS, encode_page(old, code_page) + b"\0"))
    if tags.PidTagImportance in bag:
        importance = min(bag.number(tags.PidTagImportance, 1), 2)
        out.append((Attribute.PRIORITY, (3 - importance).to_bytes(2, "little")))
    if bag.text(tags.PidTagSubject):
        out.append((Attribute.SUBJECT, encode_page(bag.text(tags.PidTagSubject), code_page) + b"\0"))
    for attribute in (Attribute.DATE_SENT, Attribute.DATE_MODIFIED):
        if _DATES[attribute] in bag:
            date = date_octets(bag.number(_DATES[attribute]))
            out += [(attribute, date)] if date else []
    sender = _person_octets(bag, code_page)
    return [*out, (Attribute.FROM, sender)] if sender else out


def _person_octets(bag: PropertyBag, code_page: int) -> bytes:
    name, kind, address = (bag.text(tag) for tag in _SENDER)
    if not name or not kind or not address:
        return b""
    name_octets = encode_page(name, code_page) + b"\0"
    address_octets = encode_page(f"{kind}:{address}", code_page) + b"\0"
    size = 2 * _TRIPLE.size + len(name_octets) + len(address_octets)
    if size > 0xFFFF:  # noqa: PLR2004
        return b""
    w = Writer()
    w.pack(_TRIPLE, _ONE_OFF, size, len(name_octets), len(address_octets))
    w.raw(name_octets + address_octets + bytes(_TRIPLE.size))
    return w.octets()
