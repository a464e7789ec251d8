"""The grammar of the configuration files.

``key = value``, one a line; keys are case-insensitive; blanks around key and value are dropped; there are no
escapes. A ``#`` at the start of a line, or after a blank, begins a comment, so a password may hold one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.errors import GromoxError

if TYPE_CHECKING:
    from pathlib import Path

MAX_LINE: Final = 1024  #: octets
MAX_FILE: Final = 1 << 20  #: octets


class SettingsError(GromoxError):
    """A setting cannot be used; the text says where it stands and what to write instead."""

    def __init__(self, message: str, *, origin: str = "") -> None:
        """Say what is wrong and where (``file:line``)."""
        self.origin = origin
        super().__init__(f"{origin}: {message}" if origin else message)


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``key = value``; ``line`` counts from one, zero means that it came from elsewhere than a file."""

    key: str
    value: str
    file: str
    line: int = 0

    @property
    def origin(self) -> str:
        """Where it stands."""
        return f"{self.file}:{self.line}" if self.line else self.file


def read_entries(file: Path) -> list[Entry]:
    """Return the entries of a file in their order.

    Raises:
        SettingsError: the file cannot be read or a line does not follow the grammar.
    """
    try:
        with file.open("rb") as stream:
            octets = stream.read(MAX_FILE + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(
            f"cannot be read ({reason}); check that it exists and its mode", origin=str(file)
        ) from error
    if len(octets) > MAX_FILE:
        raise SettingsError(
            f"is larger than {MAX_FILE} octets; is it a configuration file?", origin=str(file)
        )
    return parse_entries(octets, str(file))


def parse_entries(octets: bytes, name: str, *, comment: str = "#") -> list[Entry]:
    """Return the entries of the text of a file called ``name`` in messages.

    Raises:
        SettingsError: a line does not follow the grammar.
    """
    entries = []
    for number, line in enumerate(octets.split(b"\n"), 1):
        origin = f"{name}:{number}"
        if len(line) > MAX_LINE:
            raise SettingsError(f"the line is longer than {MAX_LINE} octets", origin=origin)
        try:
            decoded = line.decode()
        except UnicodeDecodeError:
            raise SettingsError("the line is not UTF-8 text; save the file as UTF-8", origin=origin) from None
        content = _without_comment(decoded, comment).strip()
        if not content:
            continue
        key, equals, value = content.partition("=")
        key = key.strip().lower()
        if not equals or not key:
            raise SettingsError("write key = value (or begin the line with #)", origin=origin)
        entries.append(Entry(key, value.strip(), name, number))
    return entries


def _without_comment(line: str, comment: str) -> str:
    start = line.find(comment)
    while start > 0 and not line[start - 1].isspace():
        start = line.find(comment, start + 1)
    return line if start < 0 else line[:start]
