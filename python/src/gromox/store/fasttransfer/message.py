"""Messages to pieces of a stream.

Spec:
    [MS-OXCFXICS] 2.2.4.3.1 (attachmentContent), 2.2.4.3.12 (messageChildren), 2.2.4.3.16 (messageContent),
    2.2.4.3.23 (recipient), 3.2.5.10 (MetaTagFXDelProp before parts that a selection admits).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.bodies import native_format
from gromox.mapi import tags
from gromox.mapi.fasttransfer import markers, writer
from gromox.mapi.fasttransfer.markers import Marker
from gromox.mapi.message import AttachMethod
from gromox.store.fasttransfer.options import ATTACHMENTS, RECIPIENTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from gromox.mapi.fasttransfer.writer import Piece
    from gromox.mapi.message import Attachment, Message, PropertyBag, Recipient
    from gromox.store.fasttransfer.options import Selection
    from gromox.store.fasttransfer.values import ValueWriter

_BODIES: Final = {
    1: (tags.PidTagBody,),
    2: (tags.PidTagRtfCompressed,),
    3: (tags.PidTagHtml, tags.PidTagBodyHtml),
}
"""By PidTagNativeBody, [MS-OXBBODY] 2.1.3.1."""
_OF_ATTACHMENT: Final = frozenset(
    {
        tags.PidTagAttachNumber,
        tags.PidTagAttachDataBinary,
        tags.PidTagAttachDataObject,
        tags.PidTagObjectType,
        tags.PidTagRecordKey,
        tags.PidTagStoreRecordKey,
        tags.PidTagMappingSignature,
        tags.PidTagAccessLevel,
    }
)


def content(
    values: ValueWriter,
    message: Message,
    *,
    selection: Selection | None = None,
    has_parts: bool = True,
    skipped: Collection[int] = (),
) -> Iterator[Piece]:
    """Give the properties of a message, its recipients and its attachments."""
    bag = message.properties
    if values.options.is_best_body:
        skipped = {*skipped, *_other_bodies(bag)}
    yield from values.bag(bag, selection=selection, skipped=skipped)
    if not has_parts:
        return
    if selection is None or selection.admits(RECIPIENTS):
        if selection is not None:
            yield from values.one(markers.MetaTagFXDelProp, RECIPIENTS)
        yield from _recipients(values, message.recipients)
    if selection is None or selection.admits(ATTACHMENTS):
        if selection is not None:
            yield from values.one(markers.MetaTagFXDelProp, ATTACHMENTS)
        for number, each in enumerate(message.attachments):
            yield from _attachment(values, each, number)


def _other_bodies(bag: PropertyBag) -> set[int]:
    """Return the forms of the body that do not count."""
    format_number = int(native_format(bag))
    kept = _BODIES.get(format_number, ())
    if not any(tag in bag for tag in kept):
        return set()
    return {tag for forms in _BODIES.values() for tag in forms if tag not in kept}


def _recipients(values: ValueWriter, recipients: Iterable[Recipient]) -> Iterator[Piece]:
    for number, each in enumerate(recipients):
        yield values.marker(Marker.START_RECIP)
        row_id = each.properties.get(tags.PidTagRowid)
        yield from values.one(tags.PidTagRowid, row_id if isinstance(row_id, int) else number)
        yield from values.bag(each.properties, skipped=(tags.PidTagRowid,))
        yield values.marker(Marker.END_TO_RECIP)


def _attachment(values: ValueWriter, attachment: Attachment, number: int) -> Iterator[Piece]:
    given = attachment.properties.get(tags.PidTagAttachNumber)
    yield values.marker(Marker.NEW_ATTACH)
    yield from values.one(tags.PidTagAttachNumber, given if isinstance(given, int) else number)
    yield from attachment_content(values, attachment)
    yield values.marker(Marker.END_ATTACH)


def attachment_content(
    values: ValueWriter, attachment: Attachment, *, selection: Selection | None = None
) -> Iterator[Piece]:
    """Give the properties of an attachment, its content, and the message in it."""
    yield from values.bag(attachment.properties, selection=selection, skipped=_OF_ATTACHMENT)
    method = attachment.properties.get(tags.PidTagAttachMethod)
    tag = tags.PidTagAttachDataObject if method == AttachMethod.OLE else tags.PidTagAttachDataBinary
    if attachment.data is not None and (selection is None or selection.admits(tag)):
        yield from writer.large_value(tag, attachment.data.size, attachment.data.chunks())
    # The message in an attachment goes by the property that holds objects.
    if attachment.embedded is not None and (
        selection is None or selection.admits(tags.PidTagAttachDataObject)
    ):
        yield values.marker(Marker.START_EMBED)
        yield from content(values, attachment.embedded)
        yield values.marker(Marker.END_EMBED)
