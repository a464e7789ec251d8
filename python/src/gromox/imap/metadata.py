"""Names of annotations, and which of them are asked for. RFC 5464 sections 3.2 and 4.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap.errors import BadCommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.imap.parser import Parser

MAX_NAME: Final = 255
MAX_WANTED: Final = 100
_ROOTS: Final = ("/private", "/shared")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Entries that are asked for, how deep below them (-1: all), and up to which size."""

    entries: tuple[str, ...]
    depth: int = 0
    max_size: int | None = None


def entry_name(p: Parser) -> str:
    """Entry = astring; in lower case, because names are compared without regard to it.

    Spec:
        RFC 5464 3.2: no "*" and "%", no "//", no slash at the end, nothing but ASCII without controls.
    """
    octets = p.astring()
    name = octets.decode("ascii", "replace").lower()
    if (
        not octets.isascii()
        or not name.isprintable()
        or len(name) > MAX_NAME
        or "*" in name
        or "%" in name
        or "//" in name
        or name.endswith("/")
        or not any(name == root or name.startswith(root + "/") for root in _ROOTS)
    ):
        raise BadCommandError("no annotation has that name")
    return name


def parse_entries(p: Parser) -> tuple[str, ...]:
    """Entries = entry / "(" entry *(SP entry) ")"."""
    if not p.peek(b"("):
        return (entry_name(p),)
    names: list[str] = []
    p.parenthesised(lambda: names.append(entry_name(p)), limit=MAX_WANTED)
    if not names:
        raise BadCommandError("no annotation is named")
    return tuple(dict.fromkeys(names))


def chosen(have: Mapping[str, bytes], wanted: Wanted) -> tuple[list[tuple[str, bytes | None]], int]:
    """Return the entries that are asked for, and the size of the largest one that is too large (0: none)."""
    rows: dict[str, bytes | None] = {}
    longest = 0
    for name in wanted.entries:
        if name not in have and not wanted.depth:
            rows[name] = None
        for entry, value in have.items():
            if not _is_within(entry, name, wanted.depth):
                continue
            if wanted.max_size is not None and len(value) > wanted.max_size:
                longest = max(longest, len(value))
            else:
                rows[entry] = value
    return list(rows.items()), longest


def _is_within(entry: str, name: str, depth: int) -> bool:
    if entry == name:
        return True
    if not depth or not entry.startswith(name + "/"):
        return False
    return depth < 0 or "/" not in entry[len(name) + 1 :]
