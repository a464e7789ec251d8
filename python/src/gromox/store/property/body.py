"""Bodies in the forms that nobody stored: made from the one that counts.

Spec: [MS-OXCMSG] 2.2.1.58 (body properties), [MS-OXBBODY] 2.1.3 (the body that counts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.bodies import bodies_of, native_format, set_bodies
from gromox.mapi import tags
from gromox.mapi.message import PropertyBag

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue
    from gromox.store.property.row import MessageRow

_TOLD: Final = (
    tags.PidTagBody,
    tags.PidTagHtml,
    tags.PidTagBodyHtml,
    tags.PidTagRtfCompressed,
    tags.PidTagNativeBody,
    tags.PidTagRtfInSync,
    tags.PidTagInternetCodepage,
)
#: What can be made: each follows from the body that counts.
DERIVED: Final = frozenset({tags.PidTagBody, tags.PidTagHtml, tags.PidTagBodyHtml, tags.PidTagRtfCompressed})


def derived(row: MessageRow, tag: int) -> PropValue | None:
    """Return a form of the body (a tag of DERIVED) that the message does not have; None if it has none."""
    told = bag_of(row)
    bodies = bodies_of(told)
    if not (bodies.text or bodies.html or bodies.rtf):
        return None
    if tag == tags.PidTagBodyHtml:
        return bodies.html
    made = PropertyBag()
    set_bodies(made, bodies)
    return made.get(tag)


def native(row: MessageRow) -> int:
    """Return PidTagNativeBody of a message that does not say it."""
    return int(native_format(bag_of(row)))


def bag_of(row: MessageRow) -> PropertyBag:
    """Return what a message says of its body."""
    told = PropertyBag()
    for tag in _TOLD:
        value = row.stored(tag)
        if value is None:
            value = row.of_mail(tag, needs_parts=True)
        if value is not None:
            told[tag] = value
    return told
