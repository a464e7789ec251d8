"""Compound files: storages and streams in one file, as .msg and OLE objects are.

Decisions not to break:

* Chains of sectors and trees of entries are followed at most once around: cycles are errors, and all that is
  read together is not larger than the file.
* What is written has sectors of 512 octets (version 3) and is the same for the same storages.

Spec: [MS-CFB].
"""

from __future__ import annotations

from gromox.convert.cfb.model import Storage, Stream
from gromox.convert.cfb.reader import looks_like_cfb, read_cfb
from gromox.convert.cfb.writer import write_cfb

__all__ = ["Storage", "Stream", "looks_like_cfb", "read_cfb", "write_cfb"]
