"""What remains of a subject without the marks of replies and forwards."""

from __future__ import annotations

import re
from typing import Final

#: The grammar of RFC 5256 5 over text whose white space is single blanks.
_BLOB: Final = re.compile(r"\[[^\[\]]*\] ?")
_REFWD: Final = re.compile(r"(?:re|fwd?) ?(?:\[[^\[\]]*\] ?)?:", re.IGNORECASE)
_FWD_HEAD: Final = "[fwd:"
_FWD_TRAILER: Final = "(fwd)"
_SPACE: Final = re.compile(r"[ \t\r\n]+")
#: One to three letters, a colon and a blank.
_PREFIX: Final = re.compile(r"[^\W\d_]{1,3}: ")


def base_subject(subject: str) -> tuple[str, bool]:
    """Return the base subject, and whether it was that of a reply or forward.

    Spec:
        RFC 5256 2.1, on offsets instead of copies. A run of blobs is looked at once: either all of it leads a
        "re:", or all of it goes (the last one stays where nothing else would).

    Args:
        subject: decoded text.
    """
    text = _SPACE.sub(" ", subject)
    start, end = 0, len(text)
    marked = False
    while True:
        end, trailers = _without_trailers(text, start, end)
        start, leaders = _without_leaders(text, start, end)
        marked = marked or trailers or leaders
        if end - start > len(_FWD_HEAD) and text[start : start + len(_FWD_HEAD)].lower() == _FWD_HEAD:
            if text[end - 1] != "]":
                return text[start:end], marked
            marked = True
            start, end = start + len(_FWD_HEAD), end - 1
            continue
        return text[start:end], marked


def _without_trailers(text: str, start: int, end: int) -> tuple[int, bool]:
    """Step 2: return the new end, and whether a (fwd) went."""
    marked = False
    while end > start:
        if text[end - 1] == " ":
            end -= 1
        elif text[max(start, end - len(_FWD_TRAILER)) : end].lower() == _FWD_TRAILER:
            end -= len(_FWD_TRAILER)
            marked = True
        else:
            break
    return end, marked


def _without_leaders(text: str, start: int, end: int) -> tuple[int, bool]:
    """Steps 3 to 5: return the new start, and whether a re: or fwd: went."""
    marked = False
    while start < end:
        if text[start] == " ":
            start += 1
            continue
        after, last = start, start
        while (blob := _BLOB.match(text, after, end)) is not None:
            after, last = blob.end(), after
        refwd = _REFWD.match(text, after, end)
        if refwd is None:
            return (after if after < end else last), marked
        start, marked = refwd.end(), True
    return start, marked


def split_subject(subject: str) -> tuple[str, str]:
    """Return the subject prefix with its colon and blank, and the normalized subject.

    Spec:
        [MS-OXCMSG] 2.2.1.9 and 2.2.1.10: the two concatenated are the subject (2.2.1.46).
    """
    found = _PREFIX.match(subject)
    size = found.end() if found else 0
    return subject[:size], subject[size:]
