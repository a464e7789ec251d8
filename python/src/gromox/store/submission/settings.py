"""Directives about what is sent, of every daemon in which users send."""

from __future__ import annotations

from typing import Final

from gromox.base.settings import Option, integer, quantity
from gromox.store.submission.post import MAX_RECIPIENTS, MAX_SIZE

MAX_RCPT_NUM: Final = Option(
    "max_rcpt_num",
    integer,
    MAX_RECIPIENTS,
    "How many recipients a message has at the most that is sent; a list counts as one.",
    low=1,
    high=10_000,
)
MAIL_MAX_LENGTH: Final = Option(
    "mail_max_length",
    quantity,
    MAX_SIZE,
    "Octets of the largest mail that is sent.",
    low=1 << 10,
    high=1 << 30,
)
