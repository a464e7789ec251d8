"""What two servers answered to one command, brought to one form and compared.

Left out is what RFC 9051 leaves to the server and what nobody can compare: texts, capabilities, UIDVALIDITY
and mod-sequences, the moment of arrival, which keywords are listed, the order of untagged data where it is
free.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from tests.support.imapview import numbers, whole
from tests.support.imapwire import Response, Value

#: LIST attributes that only say what a server cares to (RFC 9051 7.3.1, RFC 3348), and special uses.
_OPTIONAL: Final = re.compile(
    rb"\\(marked|unmarked|hasnochildren|haschildren|noinferiors|drafts|sent|trash|junk|all|archive|flagged)\Z"
)
#: Codes that carry numbers of the server's own choice, or advice.
_OWN_CODES: Final = frozenset(
    (
        b"CAPABILITY",
        b"PERMANENTFLAGS",
        b"UIDVALIDITY",
        b"HIGHESTMODSEQ",
        b"NOMODSEQ",
        b"CLOSED",
        b"UNSEEN",
        b"MAILBOXID",
    )
)
#: Arrived in this year or later: now.
_NOW: Final = datetime(2025, 1, 1, tzinfo=UTC)

Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A difference that is right: by which section, and why."""

    command: re.Pattern[str]
    difference: re.Pattern[str]
    section: str
    reason: str


def read_explanations(path: Path) -> list[Explanation]:
    """Read the table; every row has a section."""
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:] if line]
    return [Explanation(re.compile(row[0]), re.compile(row[1]), row[2], row[3]) for row in rows]


def facts(command: bytes, responses: Sequence[Response]) -> Facts:
    """Return what an answer says."""
    last = responses[-1]
    # The text is not compared; an explanation may look at it.
    found: Facts = {"status": last.name.decode(), "text": last.text.decode(errors="replace")}
    if last.code_name and last.code_name not in _OWN_CODES:
        found["code"] = _code(last)
    gone: list[int] = []
    for response in responses[:-1]:
        name = response.name
        if name == b"EXPUNGE":
            gone.append(_original(gone, response.number or 0))
        elif name == b"FETCH":
            _add_fetch(found, command, gone, response)
        elif name in (b"SEARCH", b"SORT"):
            found["search"] = sorted(whole(value) for value in response.values if isinstance(value, bytes))
        elif name in (b"LIST", b"LSUB"):
            _add_list(found, response)
        elif name == b"STATUS":
            _add_status(found, response)
        elif name == b"EXISTS":
            found["exists"] = response.number
        elif response.code_name == b"COPYUID":
            found["code"] = _code(response)
        elif response.code_name == b"UIDNEXT":
            found["uidnext"] = whole(response.code[1])
    found["expunged"] = sorted(gone)
    return found


def _original(gone: Iterable[int], number: int) -> int:
    """Return the number a message had when the command began."""
    for before in sorted(gone):
        number += before <= number
    return number


def _code(response: Response) -> object:
    name = response.code_name
    if name == b"APPENDUID":
        return "APPENDUID", whole(response.code[2])
    if name == b"COPYUID":
        old, new = numbers(response.code[2]), numbers(response.code[3])
        return "COPYUID", sorted(zip(old, new, strict=True))
    return name.decode()


def _add_list(found: Facts, response: Response) -> None:
    attributes, delimiter, name = response.values[:3]
    assert isinstance(attributes, list)
    assert isinstance(name, bytes)
    names = sorted(word.lower() for word in attributes if isinstance(word, bytes))
    kept = [word.decode() for word in names if not _OPTIONAL.match(word)]
    found[f"{response.name.decode().lower()} {name.decode()}"] = (kept, delimiter)


def _add_status(found: Facts, response: Response) -> None:
    name = response.values[0]
    assert isinstance(name, bytes)
    for item, value in response.items().items():
        if item != b"UIDVALIDITY":
            found[f"status {name.decode()} {item.decode()}"] = whole(value)


def _add_fetch(found: Facts, command: bytes, gone: Iterable[int], response: Response) -> None:
    number = _original(gone, response.number or 0)
    asked = command.upper()
    for item, value in response.items().items():
        key = f"{number} {item.decode().upper()}"
        if item == b"FLAGS":
            assert isinstance(value, list)
            flags = sorted(flag.decode().lower() for flag in value if isinstance(flag, bytes))
            # The last one counts; what nobody asked for may be left out when the client knows it.
            found[key if b"FLAGS" in asked or b"FAST" in asked else "?" + key] = [
                flag for flag in flags if flag != r"\recent"
            ]
        elif item == b"INTERNALDATE":
            assert isinstance(value, bytes)
            found[key] = _moment(value)
        elif item in (b"UID", b"MODSEQ") and not (item == b"UID" and b"UID" in asked):
            continue
        else:
            found[key] = _lowered(value) if item in (b"BODY", b"BODYSTRUCTURE") else value


def _moment(value: bytes) -> object:
    moment = parsedate_to_datetime(value.decode().replace("-", " ", 2))
    return moment if moment < _NOW else "now"


def _lowered(value: Value) -> Value:
    """Return a structure in which case does not matter (RFC 2045 2)."""
    if isinstance(value, list):
        return [_lowered(part) for part in value]
    return value.lower() if value is not None else None


def is_about_state(line: str) -> bool:
    """Tell whether after such a difference the mailboxes may be different, too."""
    return line.startswith(("status:", "expunged:", "exists:", "uidnext:"))


def differences(ours: Facts, theirs: Facts) -> list[str]:
    """Return one line for each fact that is not the same."""
    found = []
    if ours["status"] != theirs["status"]:
        found.append(
            f"status: ours={ours['status']} theirs={theirs['status']} ({ours['text']!r}, {theirs['text']!r})"
        )
    for key in sorted((ours.keys() | theirs.keys()) - {"status", "text"}):
        if key.startswith("?") and not (key in ours and key in theirs):
            continue
        found += _unlike(key, ours.get(key), theirs.get(key))
    return found


def _unlike(key: str, mine: object, other: object) -> list[str]:
    """Return a line for each place where two values differ; lists of one length are compared inside."""
    if isinstance(mine, list) and isinstance(other, list) and len(mine) == len(other):
        pairs = enumerate(zip(mine, other, strict=True))
        return [line for at, (one, two) in pairs for line in _unlike(f"{key}.{at}", one, two)]
    return [] if mine == other else [f"{key}: ours={_shown(mine)} theirs={_shown(other)}"]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 1500 else f"{text[:1500]}... ({len(text)})"
