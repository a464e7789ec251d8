"""Go through everything in a change of an item: names of properties, contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.item.change import MessageChange
from gromox.store.item.plan import names_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.mapi.message import Message, Octets, PropertyKey
    from gromox.mapi.propname import PropertyName
    from gromox.store.item.change import AttachmentChange


def names_of_change(change: MessageChange) -> set[PropertyName]:
    """Return the names of all properties that a change sets."""
    found = _names(change.values)
    for recipient in change.recipients or ():
        found |= _names(recipient.properties)
    for each in change.attachments:
        found |= _names(each.values)
        if isinstance(each.embedded, MessageChange):
            found |= names_of_change(each.embedded)
        elif each.embedded is not None:
            found |= names_in(each.embedded)
    return found


def _names(keys: Iterable[PropertyKey]) -> set[PropertyName]:
    return {key.name for key in keys if not isinstance(key, int)}


def octets_in(change: MessageChange) -> Iterable[Octets]:
    """Go through the contents that a change brings along."""
    for each in change.attachments:
        yield from _octets_of(each)


def _octets_of(change: AttachmentChange) -> Iterable[Octets]:
    if change.data is not None:
        yield change.data
    if isinstance(change.embedded, MessageChange):
        yield from octets_in(change.embedded)
    elif change.embedded is not None:
        yield from _octets_of_message(change.embedded)


def _octets_of_message(message: Message) -> Iterable[Octets]:
    for each in message.attachments:
        if each.data is not None:
            yield each.data
        if each.embedded is not None:
            yield from _octets_of_message(each.embedded)
