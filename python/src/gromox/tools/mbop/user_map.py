"""The user map: who somebody was on the old server, and which address they have here.

A JSON array of objects; each has the optional attributes ``na`` (login name), ``dn`` (X.500 DN), ``sv`` and
``st`` (GUIDs), ``id`` (number), ``em`` (address there) and ``to`` (address here). Nothing, null and an empty
text are the same. Spec: reference/system/cli.md, "User map JSON".
"""

from __future__ import annotations

import json
import re
from enum import Enum
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_SIZE: Final = 64 << 20  #: octets of a map
_TEXTS: Final = ("na", "dn", "sv", "st", "em", "to")
_GUIDS: Final = ("sv", "st")
_GUID: Final = re.compile(r"[0-9A-Fa-f]{32}")
_LONGEST: Final = 1000
_ADDRESS: Final = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")


class Scheme(Enum):
    """An address type that is translated; its value: the attributes that hold such addresses."""

    EX = ("dn",)
    ZARAFA = ("na", "em")


def load(path: Path, scheme: Scheme) -> Mapping[str, str]:
    """Return the SMTP address for each address of a scheme, as :func:`key` writes it.

    Raises:
        InputError: there is no such file, or it is no user map; the text tells where.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if len(octets) > MAX_SIZE:
        raise InputError(f"{path}: expected at most {MAX_SIZE} octets")
    try:
        return parse(octets, scheme)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def parse(octets: bytes, scheme: Scheme) -> Mapping[str, str]:
    """Read a map, see :func:`load`."""
    try:
        entries = json.loads(octets.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise InputError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"octet {error.start}: expected UTF-8") from None
    except (ValueError, RecursionError):
        raise InputError("expected an array of objects; a number is too long, or it is too deep") from None
    if not isinstance(entries, list):
        raise InputError("line 1: expected an array of objects")
    found: dict[str, str] = {}
    origin: dict[str, int] = {}
    for number, entry in enumerate(entries, 1):
        texts = _texts(entry, number)
        target = texts["to"]
        for attribute in scheme.value if target else ():
            address = key(texts[attribute])
            if not address:
                continue
            if found.setdefault(address, target).lower() != target.lower():
                raise InputError(
                    f"entry {number}: '{attribute}' {address!r} goes to {target},"
                    f" but to {found[address]} in entry {origin[address]}"
                )
            origin.setdefault(address, number)
    return found


def key(address: str) -> str:
    """Return an address as the table has it: they are compared without regard to case."""
    return address.strip("\0 ").casefold()


def _texts(entry: object, number: int) -> dict[str, str]:
    if not isinstance(entry, dict):
        raise InputError(f"entry {number}: expected an object")
    texts = {}
    for attribute in _TEXTS:
        value = entry.get(attribute)
        text = "" if value is None else value
        if not isinstance(text, str) or len(text) > _LONGEST:
            raise InputError(f"entry {number}: '{attribute}': expected a text of up to {_LONGEST} characters")
        if attribute in _GUIDS and text and not _GUID.fullmatch(text):
            raise InputError(f"entry {number}: '{attribute}': expected a GUID, 32 hexadecimal digits")
        texts[attribute] = text
    server_id = entry.get("id")
    if server_id is not None and (isinstance(server_id, bool) or not isinstance(server_id, int)):
        raise InputError(f"entry {number}: 'id': expected a number")
    if texts["to"] and not _ADDRESS.fullmatch(texts["to"]):
        raise InputError(f"entry {number}: 'to': expected an e-mail address, not {texts['to'][:100]!r}")
    return texts
