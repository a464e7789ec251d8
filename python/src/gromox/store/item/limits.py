"""Bounds of items. They lie above what programs make, and below what would hurt others."""

from __future__ import annotations

from typing import Final

from gromox.mapi.message import MAX_EMBEDDING_DEPTH

MAX_DEPTH: Final = MAX_EMBEDDING_DEPTH
"""Messages within messages."""
MAX_ATTACHMENTS: Final = 2048
"""Of one message ([MS-OXCMSG] 3.2.5.13: a maximum that the server sets)."""
MAX_PARTS: Final = 10_000
"""Attachments of an item and of all messages in it."""
MAX_VALUE: Final = 64 << 20
"""Octets of one property of an item; contents of attachments have a bound of their own."""
LARGE: Final = 2048
"""Octets beyond which a value does not stand in its row: lists read rows by the thousand."""
