"""One thing that is looked at, and what came of it."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: What a server that is not as it should be raises.
_FAILURES: Final = (
    OSError,
    EOFError,
    imaplib.IMAP4.error,
    poplib.error_proto,
    smtplib.SMTPException,
    ssl.SSLError,
)
_LONGEST: Final = 300


class PointError(Exception):
    """It is not as it should be; the text says what was seen."""


@dataclass(frozen=True, slots=True)
class Point:
    """A sentence that should be true, what finds out, and where to look if it is not."""

    name: str
    look: Callable[[], str]  #: returns what was seen; raises PointError and what libraries raise
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen."""

    name: str
    ok: bool
    seen: str
    hint: str = ""


def look_at(points: Iterable[Point]) -> Iterable[Finding]:
    """Look at each point, in order."""
    for point in points:
        try:
            yield Finding(point.name, ok=True, seen=point.look()[:_LONGEST])
        except PointError as error:
            yield Finding(point.name, ok=False, seen=str(error)[:_LONGEST], hint=point.hint)
        except _FAILURES as error:
            seen = f"{type(error).__name__}: {error}"
            yield Finding(point.name, ok=False, seen=seen[:_LONGEST], hint=point.hint)
