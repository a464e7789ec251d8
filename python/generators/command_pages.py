"""Manual pages (mdoc, section 8) of the commands, made from the reference page of all command lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROW: Final = re.compile(r"\| (.*?) \| (.*) \|")
_MARKS: Final = re.compile(r"\\(.)|[`*]")
_LINK: Final = re.compile(r"\[([^]`]+)\]\([^)]+\)")
_TABLE_HEAD: Final = frozenset({"| argument | meaning |", "|---|---|"})


def pages(reference: str, *, date: str) -> dict[str, str]:
    """Return the text of each page by the name of its command.

    Args:
        reference: the page in Markdown; a section of level 2 for each command.
        date: of the pages, as mdoc writes it.
    """
    sections = re.split(r"^## (\S+)$", reference, flags=re.MULTILINE)
    common = sections[0].partition("# Command lines\n")[2]
    return {
        name: "\n".join(_page(name, text, common, date)) + "\n"
        for name, text in zip(sections[1::2], sections[2::2], strict=True)
    }


def _page(name: str, text: str, common: str, date: str) -> Iterator[str]:
    summary = next((line for line in text.splitlines() if line), name)
    yield from (f".Dd {date}", f".Dt {name.upper()} 8", ".Os Gromox")
    yield from (".Sh NAME", f".Nm {name}", f".Nd {_plain(summary).rstrip('.')}")
    yield from (".Sh SYNOPSIS", f".Nm {name}", ".Op Ar argument ...", ".Sh DESCRIPTION")
    yield from _body(text)
    yield ".Sh CONVENTIONS"
    yield from _body(common)


def _body(text: str) -> Iterator[str]:
    """Turn headings, tables and paragraphs into macros."""
    in_list = False
    for line in text.splitlines():
        row = None if line in _TABLE_HEAD else _ROW.fullmatch(line)
        if row is not None and not in_list:
            yield ".Bl -tag -width indent"
            in_list = True
        elif row is None and in_list:
            yield ".El"
            in_list = False
        if row is not None:
            yield from (f".It {_argument(_plain(row[1]))}", _plain(row[2]) or ".Pp")
        elif line.startswith("###"):
            yield f".Ss {_plain(line.lstrip('# '))}"
        elif line and line not in _TABLE_HEAD:
            yield _plain(line)
        elif not line:
            yield ".Pp"
    if in_list:
        yield ".El"


def _plain(line: str) -> str:
    """Take the marks of Markdown away, and keep the rest from being read as a macro or an escape."""
    line = _LINK.sub(r"\1", line)
    line = _MARKS.sub(lambda match: match[1] or "", line).replace("\\", "\\e").replace("…", "...")
    return f"\\&{line}" if line.startswith((".", "'")) else line


def _argument(text: str) -> str:
    """Keep words from being read as names of macros in an argument line."""
    return " ".join(f"\\&{word}" for word in text.split())
