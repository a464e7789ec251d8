"""iTIP methods and classes of messages, [MS-OXCICAL] 2.1.3.1.1.1, RFC 5546 3.

ADD and REFRESH are beyond [MS-OXCICAL]: ADD is a request, REFRESH an inquiry. DECLINECOUNTER has no class; it
stays a calendar that somebody sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.calendar.person import RESPONSE_OF_PARTSTAT, Response
from gromox.ical.itip import METHODS
from gromox.mapi import named, tags

if TYPE_CHECKING:
    from gromox.ical.component import Component
    from gromox.mapi.message import PropertyBag

APPOINTMENT: Final = "IPM.Appointment"
REQUEST: Final = "IPM.Schedule.Meeting.Request"
CANCELED: Final = "IPM.Schedule.Meeting.Canceled"
POSITIVE: Final = "IPM.Schedule.Meeting.Resp.Pos"
TENTATIVE: Final = "IPM.Schedule.Meeting.Resp.Tent"
NEGATIVE: Final = "IPM.Schedule.Meeting.Resp.Neg"
INQUIRY: Final = "IPM.Schedule.Inquiry"
#: Of the message within the attachment of a changed instance, [MS-OXOCAL] 2.2.10.2.1.
EXCEPTION: Final = "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}"
RESPONSES: Final = {
    POSITIVE: ("ACCEPTED", Response.ACCEPTED),
    TENTATIVE: ("TENTATIVE", Response.TENTATIVE),
    NEGATIVE: ("DECLINED", Response.DECLINED),
}
_CLASS_OF_RESPONSE: Final = {response: name for name, (_, response) in RESPONSES.items()}
_CLASSES: Final = {
    "": APPOINTMENT,
    "PUBLISH": APPOINTMENT,
    "REQUEST": REQUEST,
    "ADD": REQUEST,
    "CANCEL": CANCELED,
    "COUNTER": TENTATIVE,
    "REFRESH": INQUIRY,
}
_METHODS: Final = {
    REQUEST: "REQUEST",
    CANCELED: "CANCEL",
    INQUIRY: "REFRESH",
    **dict.fromkeys(RESPONSES, "REPLY"),
}
#: PidTagIconIndex, [MS-OXOCAL] 2.2.1.49: of single ones; appointments have three more.
ICONS: Final = {
    APPOINTMENT: 0x400,
    REQUEST: 0x404,
    CANCELED: 0x405,
    POSITIVE: 0x406,
    NEGATIVE: 0x407,
    TENTATIVE: 0x408,
}


def class_of_event(method: str, event: Component) -> str | None:
    """Return the class of message that an event in a calendar with a method is, or None if it is none.

    A REPLY is told by what its only ATTENDEE answers.
    """
    if method != "REPLY":
        return _CLASSES.get(method)
    for one in event.all("ATTENDEE")[:1]:
        response = RESPONSE_OF_PARTSTAT.get((one.parameter("PARTSTAT") or "").strip().upper())
        return _CLASS_OF_RESPONSE.get(response) if response is not None else None
    return None


def is_response(message_class: str) -> bool:
    """Whether an attendee sends it to the organizer."""
    return message_class in RESPONSES or message_class == INQUIRY


def put_method(bag: PropertyBag, method: str) -> None:
    """Keep a method that the class does not tell."""
    if method in METHODS and method != _derived(bag):
        bag[named.PidNameCalendarMethod] = method


def method_of(bag: PropertyBag) -> str:
    """Return the METHOD of a message; empty for what nobody sends."""
    kept = bag.text(named.PidNameCalendarMethod)
    derived = _derived(bag)
    is_fitting = _CLASSES.get(kept) == class_of(bag) or not derived
    return kept if kept in METHODS and is_fitting else derived


def _derived(bag: PropertyBag) -> str:
    message_class = class_of(bag)
    if message_class == TENTATIVE and bag.get(named.PidLidAppointmentCounterProposal):
        return "COUNTER"
    return _METHODS.get(message_class, "")


def class_of(bag: PropertyBag) -> str:
    """Return the class of a message in the spelling used here; subclasses count as their class."""
    text = bag.text(tags.PidTagMessageClass).lower()
    for name in _BY_LENGTH:
        lower = name.lower()
        if text == lower or text.startswith(lower + "."):
            return name
    return bag.text(tags.PidTagMessageClass)


_BY_LENGTH: Final = sorted({*_METHODS, APPOINTMENT, EXCEPTION}, key=len, reverse=True)
