"""Where the properties of an item go: columns, the packed rest, and values too large for a row.

Spec:
    [MS-OXCMSG] 2.2.1.3 (what a message class may be), 2.2.1.6 (flags that a client may set), 2.2.1.9 and
    2.2.1.10 (subject prefix and normalized subject), 2.2.1.17 (categories); [MS-OXOFLAG] 2.2.1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.message import InMemory
from gromox.mapi.proptypes import PropType
from gromox.mime.subject import split_subject
from gromox.store.errors import InvalidValueError, LimitError
from gromox.store.extract import message_id_hash
from gromox.store.flags import NO_FLAGS, Flag
from gromox.store.item.limits import LARGE, MAX_VALUE
from gromox.store.property.column import SETTABLE
from gromox.store.property.computed import (
    FOLLOWUP_FLAGGED,
    FORWARDED,
    KEPT_FLAGS,
    READ_ONLY,
    REPLIED,
    REPLIED_ALL,
    MessageFlag,
)
from gromox.store.property.keyword import MAX_CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.mapi.propvalue import PropValue

SUBJECT_TAGS: Final = frozenset({tags.PidTagSubject, tags.PidTagSubjectPrefix, tags.PidTagNormalizedSubject})
_CLASS: Final = re.compile(r"[\x20-\x7f]{1,255}")
_MAX_SUBJECT: Final = 4000
_MAX_TIME: Final = (1 << 63) - 1
#: [MS-OXCMSG] 2.2.1.11 and 2.2.1.13.
_HIGHEST: Final = {tags.PidTagImportance: 2, tags.PidTagSensitivity: 3}
_FLAG_TAGS: Final = frozenset({tags.PidTagFlagStatus, tags.PidTagLastVerbExecuted})


@dataclass(slots=True)
class Parts:
    """What properties that were given come to."""

    columns: dict[str, int | str | bytes | None] = field(default_factory=dict)
    packed: dict[int, PropValue] = field(default_factory=dict)
    large: dict[int, InMemory] = field(default_factory=dict)
    flags: Flag = NO_FLAGS
    cleared: Flag = NO_FLAGS
    categories: tuple[str, ...] | None = None
    """None: nothing was said of them."""


def split(values: Mapping[int, PropValue], *, keywords_tag: int) -> Parts:
    """Sort properties; read-only ones are passed over.

    Args:
        values: as they are kept (PtypString8 is text already).
        keywords_tag: that of PidNameKeywords in this mailbox, 0 if it has none.

    Raises:
        InvalidValueError: a value does not fit, or no message can have it.
        LimitError: a value is too large.
    """
    parts = Parts()
    for tag, value in values.items():
        column = SETTABLE.get(tag)
        if tag in SUBJECT_TAGS or tag in READ_ONLY:
            continue
        if column is not None:
            parts.columns[column.name] = _column_value(tag, value)
        elif _size(value) > LARGE:
            parts.large[tag] = InMemory(_large_octets(tag, value))
        else:
            parts.packed[tag] = value
            if tag in _FLAG_TAGS:
                _take_flags(parts, tag, value)
            elif tag == keywords_tag:
                parts.categories = _categories(value)
    if parts.columns.get("sender_address") is None:
        address = values.get(tags.PidTagSentRepresentingEmailAddress)
        kind = values.get(tags.PidTagSentRepresentingAddressType)
        if isinstance(address, str) and isinstance(kind, str) and kind.upper() == "SMTP":
            parts.columns["sender_address"] = address[:1024]
    message_id = values.get(tags.PidTagInternetMessageId)
    if isinstance(message_id, str):
        parts.columns["message_id_hash"] = message_id_hash(message_id)
    return parts


def subject_of(values: Mapping[int, PropValue], subject: str = "", normalized: str = "") -> tuple[str, str]:
    """Return (subject, normalized subject) of an item that had the given ones and gets these properties.

    Spec: [MS-OXCMSG] 2.2.1.9, 2.2.1.10 and 2.2.1.46: prefix and normalized subject make up the subject.
    """
    whole = values.get(tags.PidTagSubject)
    prefix, rest = values.get(tags.PidTagSubjectPrefix), values.get(tags.PidTagNormalizedSubject)
    for value in (whole, prefix, rest):
        if value is not None and not isinstance(value, str):
            raise InvalidValueError("a subject is text")
    if isinstance(whole, str) and not (isinstance(prefix, str) and whole.startswith(prefix)):
        _, rest = split_subject(whole)
        return _clean(whole), _clean(rest)
    if isinstance(whole, str) and isinstance(prefix, str):
        return _clean(whole), _clean(whole[len(prefix) :])
    old_prefix = subject[: -len(normalized)] if normalized and subject.endswith(normalized) else ""
    if not isinstance(prefix, str):
        prefix = old_prefix
    if not isinstance(rest, str):
        rest = normalized
    return _clean(prefix + rest), _clean(rest)


def initial_flags(values: Mapping[int, PropValue]) -> tuple[Flag, int]:
    """Return the flags, and the bits of ``message_flags``, of an item that is new.

    Spec: [MS-OXCMSG] 2.2.1.6: mfRead, mfUnsent and mfResend are the client's until the first save.
    """
    value = values.get(tags.PidTagMessageFlags)
    given = value if isinstance(value, int) else int(MessageFlag.READ)
    flags = Flag.SEEN if given & MessageFlag.READ else NO_FLAGS
    if given & MessageFlag.UNSENT:
        flags |= Flag.DRAFT
    return flags, given & int(KEPT_FLAGS) & ~MessageFlag.SUBMITTED | MessageFlag.UNMODIFIED


def _column_value(tag: int, value: PropValue) -> int | str:
    if tag & 0xFFFF == PropType.STRING:
        if not isinstance(value, str):
            raise InvalidValueError(f"property {tag:#010x} is text")
        if tag == tags.PidTagMessageClass and (not _CLASS.fullmatch(value) or value.endswith(".")):
            raise InvalidValueError("a message class has 1 to 255 ASCII characters and no period at its end")
        return _clean(value)[:_MAX_SUBJECT]
    if not isinstance(value, int) or not 0 <= value <= _HIGHEST.get(tag, _MAX_TIME):
        raise InvalidValueError(f"property {tag:#010x} is a number, and not that one")
    return int(value)


def _clean(text: str) -> str:
    """Return text that SQLite can hold, as long as a subject may be."""
    return text.partition("\0")[0].encode("utf-8", "replace").decode()[:_MAX_SUBJECT]


def _size(value: PropValue) -> int:
    if isinstance(value, str):
        return 2 * len(value)
    return len(value) if isinstance(value, bytes) else 0


def _large_octets(tag: int, value: PropValue) -> bytes:
    is_text = tag & 0xFFFF == PropType.STRING
    if is_text != isinstance(value, str) or not isinstance(value, (str, bytes)):
        raise InvalidValueError(f"property {tag:#010x} is of another type")
    octets = value.partition("\0")[0].encode("utf-8", "replace") if isinstance(value, str) else value
    if len(octets) > MAX_VALUE:
        raise LimitError(f"property {tag:#010x} is too large")
    return octets


def _take_flags(parts: Parts, tag: int, value: PropValue) -> None:
    if tag == tags.PidTagFlagStatus:
        if value == FOLLOWUP_FLAGGED:
            parts.flags |= Flag.FLAGGED
        else:
            parts.cleared |= Flag.FLAGGED
    elif value in (REPLIED, REPLIED_ALL):
        parts.flags |= Flag.ANSWERED
    elif value == FORWARDED:
        parts.flags |= Flag.FORWARDED


def _categories(value: PropValue) -> tuple[str, ...]:
    texts = tuple([text for text in value if isinstance(text, str)]) if isinstance(value, tuple) else ()
    if len(texts) > MAX_CATEGORIES:
        raise LimitError(f"an item has at most {MAX_CATEGORIES} categories")
    return texts
