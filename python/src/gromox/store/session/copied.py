"""The part of a session that copies properties from one object to another.

Spec: [MS-OXCPRPT] 2.2.10 and 3.2.5.7 (RopCopyProperties), 2.2.11 and 3.2.5.8 (RopCopyTo).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.store.errors import InvalidValueError, UnsupportedError
from gromox.store.item.opened import OpenAttachment, OpenMessage, settable
from gromox.store.item.partial import ATTACHMENTS, RECIPIENTS
from gromox.store.operation import operation
from gromox.store.property import folder, text
from gromox.store.property.problem import PropertyProblem, Reason
from gromox.store.session.opened import OpenItems

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PARTS: Final = (RECIPIENTS, ATTACHMENTS)
#: Of a folder these make it that folder; a copy of its properties leaves them.
_FOLDER_OWN: Final = frozenset(
    {tags.PidTagDisplayName, tags.PidTagCreationTime, tags.PidTagLastModificationTime}
)


class CopiedProperties(OpenItems):
    """Properties that are copied between open objects, and between folders."""

    __slots__ = ()

    @operation
    def copy_item_properties(
        self,
        source: int,
        target: int,
        wanted: Sequence[int] | None = None,
        *,
        excluded: Sequence[int] = (),
        moves: bool = False,
        overwrites: bool = True,
        with_parts: bool = False,
    ) -> tuple[PropertyProblem, ...]:
        """Copy properties of an open message or attachment to another; returns those that were not copied.

        Nothing is persistent until both are saved.

        Args:
            source: the handle to read.
            target: the handle to change.
            wanted: tags; recipients and attachments count as tags of their own. None: all but ``excluded``.
            excluded: tags that are left out.
            moves: remove from the source what was copied.
            overwrites: whether values that the target has are replaced.
            with_parts: of all properties: recipients and attachments too.

        Raises:
            UnsupportedError: the two are of different kinds.
            InvalidValueError: the target stands in the source.
            DeniedError: one is to be changed that was opened for reading.
        """
        first, second = self._open_object(source), self._writable(target)
        if type(first) is not type(second):
            raise UnsupportedError("properties are copied between two messages or two attachments")
        if moves:
            self._writable(source)
        _check_not_inside(first, second)
        left_out = {tag >> 16 for tag in excluded}
        if wanted is None:
            asked = [tag for tag in self.item_tags(source) if settable(second, tag)]
            asked += _PARTS if with_parts and isinstance(second, OpenMessage) else ()
        else:
            asked = [text.stored_tag(tag) for tag in wanted]
        chosen = [tag for tag in asked if tag >> 16 not in left_out]
        problems = [
            PropertyProblem(tag, Reason.COMPUTED)
            for tag in chosen
            if tag not in _PARTS and not settable(second, tag)
        ]
        values = dict(self.item_properties(source, [tag for tag in chosen if _copyable(second, tag)]))
        if not overwrites:
            held = self.item_properties(target, list(values))
            values = {tag: value for tag, value in values.items() if tag not in held}
        second.pending.set({tag: value for tag, value in values.items() if tag not in _PARTS})
        if moves:
            first.pending.remove([tag for tag in values if settable(first, tag)])
        if isinstance(first, OpenMessage) and isinstance(second, OpenMessage):
            _copy_parts(first, second, chosen, moves=moves, overwrites=overwrites)
        elif isinstance(first, OpenAttachment) and isinstance(second, OpenAttachment) and wanted is None:
            second.data = first.content() if overwrites or second.content() is None else second.data
        return tuple(problems)

    @operation
    def copy_folder_properties(
        self,
        source_id: int,
        target_id: int,
        wanted: Sequence[int] | None = None,
        *,
        excluded: Sequence[int] = (),
        overwrites: bool = True,
    ) -> tuple[PropertyProblem, ...]:
        """Copy properties of a folder to another, at once; returns those that were not copied.

        Of all properties (``wanted`` None) the name and the times of the folder are left out.

        Raises:
            FolderGoneError, DeniedError: a folder is not there for the actor, or not theirs to change.
        """
        left_out = {tag >> 16 for tag in excluded}
        if wanted is None:
            known = self.folder_tags(source_id)
            asked = [tag for tag in known if tag not in folder.READ_ONLY and tag not in _FOLDER_OWN]
        else:
            asked = [text.stored_tag(tag) for tag in wanted]
        chosen = [tag for tag in asked if tag >> 16 not in left_out]
        values = dict(self.folder_properties(source_id, chosen))
        if not overwrites:
            held = self.folder_properties(target_id, list(values))
            values = {tag: value for tag, value in values.items() if tag not in held}
        return self.set_folder_properties(target_id, values)


def _copyable(target: OpenMessage | OpenAttachment, tag: int) -> bool:
    return tag not in _PARTS and settable(target, tag)


def _copy_parts(
    source: OpenMessage, target: OpenMessage, chosen: Iterable[int], *, moves: bool, overwrites: bool
) -> None:
    wanted = set(chosen)
    if RECIPIENTS in wanted and (overwrites or not target.recipient_rows()):
        target.recipients = [dict(row) for row in source.recipient_rows()]
        if moves:
            source.recipients = []
    if ATTACHMENTS in wanted and (overwrites or not target.numbers()):
        for number in target.numbers():
            target.delete_attachment(number)
        for number in source.numbers():
            taken = source.attachment(number).as_attachment()
            made = target.new_attachment(0)
            made.base, made.is_saved = taken, True
            if moves:
                source.delete_attachment(number)


def _check_not_inside(source: OpenMessage | OpenAttachment, target: OpenMessage | OpenAttachment) -> None:
    """Refuse to copy a message into one that stands in it."""
    at = target if isinstance(target, OpenMessage) else target.owner
    while at is not source:
        if at.holder is None:
            return
        at = at.holder.owner
    if at is not target:
        raise InvalidValueError("the message that is changed stands in the one that is copied")
