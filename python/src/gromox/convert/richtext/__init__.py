"""RTF: read, converted to HTML and text, and as a capsule for HTML and text.

Decisions not to break:

* The reader takes any octets that begin like RTF. Unknown words are passed over, unknown destinations that
  say so are skipped, missing closing marks are supplied.
* A capsule gives back what was put into it, character for character; what other programs put into one comes
  out as [MS-OXRTFEX] says.
* Time grows with the size alone; groups, tables and lists nest to a bound.
"""

from __future__ import annotations

from gromox.convert.richtext.capsule import (
    Capsule,
    CapsuleKind,
    encapsulate_html,
    encapsulate_text,
    open_capsule,
)
from gromox.convert.richtext.document import Document, Picture, read_document
from gromox.convert.richtext.markup import html_of
from gromox.convert.richtext.plain import text_of

__all__ = [
    "Capsule",
    "CapsuleKind",
    "Document",
    "Picture",
    "encapsulate_html",
    "encapsulate_text",
    "html_of",
    "open_capsule",
    "read_document",
    "text_of",
]
