"""How a message is written as mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from gromox.convert.mail.hooks import WriterHooks


class BodyMode(Enum):
    """Which forms of the body are written."""

    STORED = "stored"  #: those the message has
    PLAIN = "plain"
    HTML = "html"
    BOTH = "both"  #: a page is accompanied by its text


@dataclass(frozen=True, slots=True)
class Options:
    """Everything about it that the message does not tell."""

    body: BodyMode = BodyMode.BOTH
    with_bcc: bool = False  #: write the Bcc field: into the sender's own copy, never to others
    is_tnef: bool = False  #: send winmail.dat, if the hook makes one
    boundary: str = ""  #: first part of all boundaries; empty: it follows from the content
    message_id: str = ""  #: of a message that has none
    date: float | None = None  #: Unix seconds, of a message that has none
    reporting_mta: str = ""  #: host name for a report that names none
    hooks: WriterHooks = field(default_factory=WriterHooks)
