"""Outlook's .msg files: a message as properties in a compound file, read and written.

Spec: [MS-OXMSG].
"""

from __future__ import annotations

from gromox.convert.msg.reader import read_msg
from gromox.convert.msg.writer import write_msg

__all__ = ["read_msg", "write_msg"]
