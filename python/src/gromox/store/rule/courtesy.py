"""Which mails must not be answered or sent on automatically.

Spec: RFC 3834 2 (automatic responses), [MS-OXCMAIL] 2.2.3.2.14 (X-Auto-Response-Suppress),
reference/system/protocols.md 7.2 (5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.mime.header import iter_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Names the mailboxes whose rules have sent a mail on: it must not go round.
LOOP_FIELD: Final = "X-MS-Exchange-Inbox-Rules-Loop"
SUPPRESS_FIELD: Final = "X-Auto-Response-Suppress"
_MAX_HEADER: Final = 256 << 10
_MAX_LOOP: Final = 3  #: mails that were sent on by so many rules stay where they are
_BULK: Final = {"bulk", "list", "junk"}
_NOBODY: Final = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|listserv|majordomo)([-+.].*)?@|.*-(request|owner|bounces?)@|owner-",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Courtesy:
    """What may be done about a mail."""

    may_reply: bool
    may_reply_oof: bool
    may_forward: bool
    loop: tuple[str, ...] = ()
    """The mailboxes whose rules sent it on so far."""


def courtesy_of(octets: bytes, sender: str, own: frozenset[str]) -> Courtesy:
    """Return what may be done about a mail.

    Args:
        octets: the mail.
        sender: its reverse-path; an empty one is never answered.
        own: the addresses of the mailbox, casefolded.
    """
    fields = _fields(octets)
    loop = tuple(value.casefold() for value in fields.get(LOOP_FIELD.lower(), ()))
    suppressed = {
        word for value in fields.get(SUPPRESS_FIELD.lower(), ()) for word in _WORDS.split(value.lower())
    }
    personal = bool(sender) and not _NOBODY.match(sender) and sender.casefold() not in own
    personal = personal and not _is_automatic(fields) and not _is_bulk(fields)
    everything = "all" in suppressed
    return Courtesy(
        may_reply=personal and not everything and "autoreply" not in suppressed,
        may_reply_oof=personal and not everything and "oof" not in suppressed,
        may_forward=not own.intersection(loop) and len(loop) < _MAX_LOOP,
        loop=loop,
    )


def _fields(octets: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for field in iter_fields(octets[:_MAX_HEADER]):
        name = field.name.decode("ascii", "replace").lower()
        found.setdefault(name, []).append(field.value.decode("utf-8", "replace").strip())
        if octets.startswith((b"\r\n", b"\n"), field.end):
            break
    return found


def _is_automatic(fields: Mapping[str, list[str]]) -> bool:
    """RFC 3834 5.1: anything but ``no`` was made by a program."""
    return any(
        value.partition(";")[0].strip().lower() not in ("", "no")
        for value in fields.get("auto-submitted", ())
    )


def _is_bulk(fields: Mapping[str, list[str]]) -> bool:
    return any(value.lower() in _BULK for value in fields.get("precedence", ())) or any(
        name.startswith("list-") for name in fields
    )
