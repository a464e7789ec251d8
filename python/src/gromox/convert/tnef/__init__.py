"""TNEF (winmail.dat): a message with all its properties as one stream, read and written.

Decisions not to break:

* Reading keeps what can be read: an attribute that does not follow its layout is passed over, what is cut
  off ends the stream. ``strict=True`` refuses instead.
* Properties in attMsgProps and attAttachment count more than the older attributes that say the same.
* What is written is read back as the same message.

Spec: [MS-OXTNEF].
"""

from __future__ import annotations

from gromox.convert.tnef.attribute import Attribute, AttributeType
from gromox.convert.tnef.reader import looks_like_tnef, read_tnef
from gromox.convert.tnef.writer import tnef_chunks, write_tnef

__all__ = ["Attribute", "AttributeType", "looks_like_tnef", "read_tnef", "tnef_chunks", "write_tnef"]
