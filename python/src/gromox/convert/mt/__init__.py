"""The GXMT stream: what importers write and gromox-import reads, folders and messages of any source.

Decisions not to break:

* A stream is a prologue (what kind of source, its folders, its property names) and frames up to the end; each
  frame is one object. Readers need one frame in memory, or mapped from a file: contents of attachments refer
  to the octets of the frame and are never copied as a whole.
* Texts are UTF-8 (the form of "ext buffer" without the flag for UTF-16), counts of octets are 32 bits.
* A property name that turns up after the prologue has a frame of its own before its first use.
* A frame that does not follow its layout is an error of that frame; the next one begins where its size says.

Spec: reference/system/store.md sections 9 (serialisation) and 11 (stream).
"""

from __future__ import annotations

from gromox.convert.mt.model import (
    MAGIC,
    UNANCHORED,
    FolderFrame,
    FolderRow,
    Frame,
    MessageFrame,
    NameFrame,
    ObjectType,
    Parent,
    PermissionRow,
    Prologue,
)
from gromox.convert.mt.reader import FrameReader, FrameSource, read_frame, read_prologue
from gromox.convert.mt.writer import MtWriter

__all__ = [
    "MAGIC",
    "UNANCHORED",
    "FolderFrame",
    "FolderRow",
    "Frame",
    "FrameReader",
    "FrameSource",
    "MessageFrame",
    "MtWriter",
    "NameFrame",
    "ObjectType",
    "Parent",
    "PermissionRow",
    "Prologue",
    "read_frame",
    "read_prologue",
]
