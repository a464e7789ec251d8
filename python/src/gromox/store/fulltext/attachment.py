"""Texts of attachments: office documents by their XML, PDF by an optional program.

Everything here comes from strangers: sizes before and after unpacking, members, time and memory of the
program are bounded, XML is never parsed (so nothing in it expands), and what cannot be read has no text.
"""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from gromox import mime
from gromox.base.errors import ParseError
from gromox.mime.body import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gromox.store.content import Content

MAX_ATTACHMENT: Final = 16 << 20
"""Octets of one attachment, encoded, that are looked at."""
MAX_ATTACHMENTS: Final = 50
MAX_MEMBERS: Final = 2000
MAX_UNPACKED: Final = 16 << 20
MAX_TEXT: Final = 1 << 20
"""Characters of one attachment."""
_MAX_CPU: Final = 10
_TIMEOUT: Final = 20.0
_MAX_MEMORY: Final = 1 << 30
_MAX_PAGES: Final = 200

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
_MEMBER: Final = {
    "docx": re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml"),
    "xlsx": re.compile(r"xl/(sharedStrings|worksheets/sheet\d+|comments\d*)\.xml"),
    "pptx": re.compile(r"ppt/(slides/slide|notesSlides/notesSlide)\d+\.xml"),
    "odf": re.compile(r"(content|styles)\.xml"),
}
_KINDS: Final = {
    _OFFICE + "wordprocessingml.document": "docx",
    _OFFICE + "spreadsheetml.sheet": "xlsx",
    _OFFICE + "presentationml.presentation": "pptx",
    _ODF + "text": "odf",
    _ODF + "spreadsheet": "odf",
    _ODF + "presentation": "odf",
    "application/pdf": "pdf",
}
_EXTENSIONS: Final = {
    "docx": "docx",
    "xlsx": "xlsx",
    "pptx": "pptx",
    "odt": "odf",
    "ods": "odf",
    "odp": "odf",
    "pdf": "pdf",
}
_BREAK: Final = re.compile(
    r"</(?:w:p|a:p|text:p|text:h|si|row|c|v|table:table-cell)\s*>|<(?:w:tab|w:br|text:tab|text:line-break)\b[^<>]*>"
)
_TAG: Final = re.compile(r"<[^<>]*>")


def attachment_texts(content: Content, parts: bytes) -> Iterator[str]:
    """Go through the texts of a mail's attachments; ``parts`` is what was kept of its structure."""
    try:
        root = mime.unpack_parts(parts)
    except ParseError:
        return
    count = 0
    for part in root.walk():
        if part.children or part.message is not None:
            continue
        kind = _KINDS.get(f"{part.media.type}/{part.media.subtype}".lower())
        if kind is None and part.media.type == "application":
            # What was kept does not tell names.
            header = content.read(part.header_start, part.body_start - part.header_start)
            kind = _EXTENSIONS.get(mime.scan(header).root.filename.lower().rpartition(".")[2])
        if kind is None or part.size > MAX_ATTACHMENT:
            continue
        count += 1
        if count > MAX_ATTACHMENTS:
            return
        leaf = content.read(part.header_start, part.body_start - part.header_start + part.size)
        scanned = mime.scan(leaf).root
        text = text_of(kind, decoded(scanned, leaf))
        if text:
            yield text


def text_of(kind: str, octets: bytes) -> str:
    """Return the text of a document of a kind; empty if it cannot be read."""
    read: Callable[[bytes], str] = _pdf if kind == "pdf" else lambda each: _zipped(each, _MEMBER[kind])
    return read(octets)[:MAX_TEXT]


def _zipped(octets: bytes, wanted: re.Pattern[str]) -> str:
    pieces: list[str] = []
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            members = archive.infolist()[:MAX_MEMBERS]
            for member in members:
                if left <= 0 or not wanted.fullmatch(member.filename) or member.flag_bits & 1:
                    continue
                with archive.open(member) as stream:
                    xml = stream.read(left)
                left -= len(xml)
                pieces.append(_plain(xml))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
        # What could be read until then is text all the same.
        return "\n".join(pieces)
    return "\n".join(pieces)


def _plain(xml: bytes) -> str:
    text = _BREAK.sub("\n", xml.decode("utf-8", "replace"))
    return html.unescape(_TAG.sub("", text))


def _pdf(octets: bytes) -> str:
    program, limiter = shutil.which("pdftotext"), shutil.which("prlimit")
    if program is None or limiter is None or not octets.startswith(b"%PDF"):
        return ""
    command = [
        limiter,
        f"--cpu={_MAX_CPU}",
        f"--as={_MAX_MEMORY}",
        "--fsize=0",
        "--core=0",
        program,
        *("-q", "-enc", "UTF-8", "-l", str(_MAX_PAGES), "-", "-"),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and the document on standard input
            command,
            input=octets,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            env={"LC_ALL": "C.UTF-8"},
        )
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout[: 4 * MAX_TEXT].decode("utf-8", "replace")
