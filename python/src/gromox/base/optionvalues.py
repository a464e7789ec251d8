"""How the text of a setting becomes a value, and how a value is shown as such text.

Each parser takes the trimmed text and raises :class:`ValueError` with a sentence that says what is accepted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable  # noqa: TC003 - the alias below is evaluated
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

from gromox.base.secret import Secret

_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SUFFIXES: Final = "KMGTPEZYRQ"  #: each 1024 times the one before
_UNITS_TEXT: Final = "ns us ms s min h d week month y"

#: A month is a twelfth, and a year the whole, of 365.25 days.
_SECONDS: Final[dict[str, Decimal]] = {
    spelling: Decimal(seconds)
    for spellings, seconds in (
        ("ns nsec", "0.000000001"),
        ("us usec µs µsec μs μsec", "0.000001"),
        ("ms msec", "0.001"),
        ("s sec second seconds", "1"),
        ("min minute minutes", "60"),
        ("h hour hours", "3600"),
        ("d day days", "86400"),
        ("week weeks", "604800"),
        ("month months", "2629800"),
        ("y year years", "31557600"),
    )
    for spelling in spellings.split()
}
_SHOWN_UNITS: Final = (
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
)
_MAX_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to listen or to connect: an address (or host name) without brackets, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the ``[addr]:port`` form."""
        return f"[{self.host}]:{self.port}"


def text(value: str) -> str:
    """Take the text as it stands."""
    return value


def secret(value: str) -> Secret:
    """Wrap the text so that it cannot reach a log."""
    return Secret(value)


def boolean(value: str) -> bool:
    """Return False for an empty text, ``no``, ``off``, ``false`` and ``0``; True for anything else."""
    return value.lower() not in {"", "no", "off", "false", "0"}


def integer(value: str) -> int:
    """Read a whole number, decimal or (with ``0x``) hexadecimal."""
    try:
        return int(value, 16) if value[:2].lower() == "0x" else int(value, 10)
    except ValueError:
        raise ValueError("write a whole number such as 10") from None


def quantity(value: str) -> int:
    """Read a number with an optional 1024-based suffix (k M G T P E Z Y R Q); decimals are allowed."""
    number, factor = value.strip(), 1
    if number and number[-1].upper() in _SUFFIXES:
        factor = 1024 ** (_SUFFIXES.index(number[-1].upper()) + 1)
        number = number[:-1].rstrip()
    if not _NUMBER.fullmatch(number):
        raise ValueError(
            "write a number, optionally with one of the suffixes k M G T P E Z Y R Q: 64M or 1.5G"
        )
    return int(Fraction(number) * factor)


def timespan(value: str) -> float:
    """Read a sum of times such as ``1d2h`` or ``1 min 30 s``; a bare number counts seconds.

    Returns:
        Seconds.
    """
    left = "".join(value.split()).lower()
    total = Decimal(0)
    if not left:
        raise ValueError(f"write a time such as 90s or 1d2h; units are {_UNITS_TEXT}")
    if _NUMBER.fullmatch(left):
        return float(left)
    while left:
        number = _NUMBER.match(left)
        if number is None:
            raise ValueError(f"write a time such as 90s or 1d2h; units are {_UNITS_TEXT}")
        rest = left[number.end() :]
        unit = rest[: next((i for i, c in enumerate(rest) if c.isdigit()), len(rest))]
        if unit not in _SECONDS:
            raise ValueError(f"{unit!r} is not a unit of time; units are {_UNITS_TEXT}")
        total += Decimal(number[0]) * _SECONDS[unit]
        left = rest[len(unit) :]
    return float(total)


def path(value: str) -> Path:
    """Take the name of a file or folder."""
    if not value or "\0" in value:
        raise ValueError("write the name of a file or folder")
    return Path(value)


def optional_path(value: str) -> Path | None:
    """Take the name of a file or folder; nothing stands for None."""
    return path(value) if value else None


def endpoint(value: str) -> Endpoint:
    """Read ``[addr]:port`` (``addr:port`` when the address has no colon)."""
    host, colon, port = value.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > _MAX_PORT:
        raise ValueError(f"{value!r} is not an address and port; write [::]:143")
    return Endpoint(host, int(port))


def listen_list(value: str) -> tuple[Endpoint, ...]:
    """Read a blank-separated list of ``[addr]:port``; an empty one listens nowhere."""
    return tuple(endpoint(word) for word in value.split())


def host_list(value: str) -> tuple[str, ...]:
    """Read a blank-separated list of addresses or host names."""
    for word in value.split():
        if "," in word or ";" in word:
            raise ValueError("separate the addresses by blanks")
    return tuple(value.split())


def path_list(value: str) -> tuple[Path, ...]:
    """Read a colon-separated search path."""
    return tuple(Path(word) for word in value.split(":") if word)


def _show_quantity(value: object) -> str:
    number = int(str(value))
    shown, suffix = number, ""
    for letter in _SUFFIXES:
        if not shown or shown % 1024:
            break
        shown, suffix = shown // 1024, letter
    return f"{shown}{suffix}"


def _show_timespan(value: object) -> str:
    left = round(Decimal(repr(value)) * 1_000_000_000)
    shown = ""
    for unit, size in _SHOWN_UNITS:
        count, left = divmod(left, size)
        shown += f"{count}{unit}" if count else ""
    return shown or "0"


def _show_words(value: object) -> str:
    return " ".join(str(word) for word in value) if isinstance(value, tuple) else str(value)


def _show_path_list(value: object) -> str:
    return ":".join(str(word) for word in value) if isinstance(value, tuple) else str(value)


def _show_boolean(value: object) -> str:
    return "yes" if value else "no"


_SHOWN: Final[dict[object, Callable[[object], str]]] = {
    boolean: _show_boolean,
    quantity: _show_quantity,
    timespan: _show_timespan,
    listen_list: _show_words,
    host_list: _show_words,
    path_list: _show_path_list,
}
_KINDS: Final[dict[object, str]] = {
    boolean: "yes or no",
    integer: "number",
    quantity: "quantity",
    timespan: "time span",
    path: "path",
    optional_path: "path",
    path_list: "colon-separated paths",
    endpoint: "[addr]:port",
    listen_list: "list of [addr]:port",
    host_list: "list of addresses",
    secret: "secret text",
}


def shown(parse: object, value: object) -> str:
    """Return text that ``parse`` reads back as ``value``; nothing of a secret."""
    if value is None or isinstance(value, Secret):
        return ""
    if parse is timespan and isinstance(value, float) and math.isinf(value):
        return ""
    if isinstance(value, tuple) and parse not in _SHOWN:
        return " ".join(map(str, value))
    return _SHOWN.get(parse, str)(value)


def kind(parse: object) -> str:
    """Name the kind of value for a manual page."""
    return _KINDS.get(parse, "text")
