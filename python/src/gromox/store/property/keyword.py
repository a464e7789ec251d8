"""Categories of MAPI and keywords of IMAP: the same thing with other alphabets.

Spec: [MS-OXCMSG] 2.2.1.17 (PidNameKeywords), RFC 9051 9 (flag-keyword is an atom).

A category is a keyword with ``_`` for what an atom cannot have. The categories themselves stay packed with
the message, so that their spelling survives; keywords say which of them still count, and which came by IMAP.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gromox.mapi.propvalue import PropValue
    from gromox.store.property.row import MessageRow

MAX_CATEGORIES: Final = 64
_MAX_LENGTH: Final = 255
_NO_ATOM: Final = re.compile(r"[^!#$&'+,./0-9:;<=>?@A-Z^_`a-z|}~\[-]")
_SYSTEM: Final = "$"
"""Keywords of programs, such as $Junk and $MDNSent: nobody's categories."""


def keyword_of(category: str) -> str:
    """Return the keyword that stands for a category; empty if none can."""
    keyword = _NO_ATOM.sub("_", category.strip())[:_MAX_LENGTH]
    return keyword if keyword and not keyword.startswith(_SYSTEM) else ""


def categories_of(tag: int) -> Callable[[MessageRow], PropValue | None]:
    """Return what reads PidNameKeywords, whose tag here is ``tag``."""

    def get(row: MessageRow) -> PropValue | None:
        stored = row.stored(tag)
        is_header = stored is None
        if is_header:
            stored = row.of_mail(tag, needs_parts=False)
        texts = [text for text in stored if isinstance(text, str)] if isinstance(stored, tuple) else []
        return _merged(texts, row.keyword_names, is_header=is_header) or None

    return get


def _merged(categories: list[str], keywords: Iterable[str], *, is_header: bool) -> tuple[str, ...]:
    """Return the categories that count, and what came by IMAP."""
    set_ = {keyword.casefold(): keyword for keyword in keywords if not keyword.startswith(_SYSTEM)}
    kept = []
    for category in categories:
        keyword = keyword_of(category).casefold()
        # What stands in the Keywords field of a mail is no keyword of IMAP, and cannot be taken away there.
        if not keyword or is_header or keyword in set_:
            kept.append(category)
        set_.pop(keyword, None)
    return (*kept, *set_.values())


def keywords_with(categories: Iterable[str], keywords: Iterable[str]) -> frozenset[str]:
    """Return the keywords of a message whose categories were set; those of programs stay."""
    kept = {keyword for keyword in keywords if keyword.startswith(_SYSTEM)}
    return frozenset(kept | {keyword for each in categories if (keyword := keyword_of(each))})
