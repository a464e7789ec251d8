"""What a transaction did to messages: noted for the search folders that have to follow."""

from __future__ import annotations

from enum import IntFlag


class Touch(IntFlag):
    """What happened to a message, as far as search folders care."""

    CREATED = 1
    """It is new in its folder: delivered, saved, copied, moved there, restored."""
    CONTENT = 2
    """Properties, recipients or attachments changed."""
    FLAGS = 4
    """Flags, keywords or the read state changed."""
    REMOVED = 8
    """It is no longer among the live messages of its folder: deleted (softly or not), moved away."""
