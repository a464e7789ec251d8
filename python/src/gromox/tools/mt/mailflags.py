"""The flags of a mail as properties, which is how a stream carries them, and back.

Spec: [MS-OXCMSG] 2.2.1.6 (PidTagMessageFlags), [MS-OXOFLAG] 2.2.1.1 (PidTagFlagStatus), [MS-OXOMSG] 2.2.1.80
(PidTagIconIndex), 2.2.1.79 (PidTagLastVerbExecuted).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import named, tags
from gromox.store.flags import Flag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.mapi.message import PropertyBag

_READ, _UNSENT = 0x01, 0x08
_FLAGGED: Final = 2
_REPLIED, _REPLIED_ALL, _FORWARDED = 102, 103, 104
_REPLIED_ICON, _FORWARDED_ICON = 0x105, 0x106


def set_flags(bag: PropertyBag, flags: Flag, keywords: Iterable[str] = ()) -> None:
    """Put flags and keywords into a bag."""
    number = bag.number(tags.PidTagMessageFlags) & ~(_READ | _UNSENT)
    number |= _READ if flags & Flag.SEEN else 0
    number |= _UNSENT if flags & Flag.DRAFT else 0
    bag[tags.PidTagMessageFlags] = number
    if flags & Flag.FLAGGED:
        bag[tags.PidTagFlagStatus] = _FLAGGED
    if flags & Flag.ANSWERED:
        bag[tags.PidTagLastVerbExecuted], bag[tags.PidTagIconIndex] = _REPLIED, _REPLIED_ICON
    elif flags & Flag.FORWARDED:
        bag[tags.PidTagLastVerbExecuted], bag[tags.PidTagIconIndex] = _FORWARDED, _FORWARDED_ICON
    words = tuple(sorted(keywords))
    if words:
        bag[named.PidNameKeywords] = tuple(dict.fromkeys((*bag.texts(named.PidNameKeywords), *words)))


def flags_of(bag: PropertyBag) -> Flag:
    """Return the flags that a bag says."""
    number = bag.number(tags.PidTagMessageFlags)
    flags = Flag.SEEN if number & _READ else Flag(0)
    if number & _UNSENT:
        flags |= Flag.DRAFT
    if bag.number(tags.PidTagFlagStatus) == _FLAGGED:
        flags |= Flag.FLAGGED
    verb = bag.number(tags.PidTagLastVerbExecuted)
    if verb in (_REPLIED, _REPLIED_ALL):
        flags |= Flag.ANSWERED
    elif verb == _FORWARDED:
        flags |= Flag.FORWARDED
    return flags
