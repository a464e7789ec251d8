"""Which conversation a message belongs to.

Spec: [MS-OXOMSG] 2.2.1.2 (PidTagConversationId).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.mapi.conversation import ConversationIndex

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue

_MAX_TOPIC: Final = 4000


def conversation_id(
    topic: str, index: PropValue | None = None, tracking: PropValue | None = None
) -> bytes | None:
    """Return PidTagConversationId.

    Spec:
        [MS-OXOMSG] 2.2.1.2: the GUID of the conversation index if it is tracked, else the MD5 of the topic in
        upper case and UTF-16; none without a topic.
    """
    if tracking and isinstance(index, bytes):
        try:
            return ConversationIndex.from_octets(index).conversation.bytes
        except ParseError:
            pass
    if not topic:
        return None
    octets = topic.upper()[:_MAX_TOPIC].encode("utf-16-le", "surrogatepass")
    return hashlib.md5(octets, usedforsecurity=False).digest()
