"""Values of header fields: from the octets of a field to a property and back.

A formatter that returns ``str`` gives unstructured text, which is written with encoded-words where it must
be; one that returns ``bytes`` gives octets that are folded at blanks and otherwise stay as they are.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable, Mapping  # noqa: TC003 - a NamedTuple evaluates it
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from gromox.convert.mail.fold import encoded_words
from gromox.mime.date import parse_date
from gromox.mime.words import base64_octets, decode_words

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ID: Final = re.compile(r"<[^<>\s\x00-\x20]+>")
_NUMBER: Final = re.compile(r"\s*([+-]?[0-9]{1,10})")
_EPOCH: Final = 11_644_473_600  #: seconds from 1601 to 1970
_TICKS: Final = 10_000_000
_LAST: Final = 2_650_467_743_999_999_999  #: 9999-12-31, the last that has a date
_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - reads better
_DAYS: Final = "Mon Tue Wed Thu Fri Sat Sun".split()  # noqa: SIM905
_MAX_KEYWORDS: Final = 300
_LONGEST_ID: Final = 900
#: Characters of one text; as encoded-words it still fits into what is read of a field.
LONGEST_TEXT: Final = 8192
_KEYWORD_SAFE: Final = re.compile(r"[^\",()<>\\@:;\x00-\x1f\x7f-\uffff]+\Z")


class Kind(NamedTuple):
    """How the values of a header field are read and written; None: there is none."""

    parse: Callable[[bytes], PropValue]
    format: Callable[[PropValue], str | bytes | None]


def clean_text(value: bytes) -> str:
    """Return the text of an unstructured field on one line."""
    # Most fields are plain; decode_words would find that out after a few calls more.
    plain = value.isascii() and b"=?" not in value and b"\n" not in value
    text = value.decode("ascii") if plain else decode_words(value)
    if not text.isprintable():
        text = _CONTROLS.sub(" ", text)
    return text.strip()[:LONGEST_TEXT].rstrip()


def filetime(seconds: float) -> int | None:
    """Return Unix seconds as FILETIME, or None before 1601."""
    ticks = int(seconds + _EPOCH) * _TICKS
    return ticks if ticks >= 0 else None


def date_text(ticks: int) -> bytes:
    """Return a FILETIME as date-time of RFC 5322 3.3, in UTC."""
    moment = dt.datetime(1601, 1, 1, tzinfo=dt.UTC) + dt.timedelta(
        seconds=min(max(ticks, 0), _LAST) // _TICKS
    )
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year:04} "
        f"{moment.hour:02}:{moment.minute:02}:{moment.second:02} +0000"
    ).encode("ascii")


def read_date(value: bytes) -> int | None:
    """Return a date-time as FILETIME."""
    moment = parse_date(value)
    return None if moment is None else filetime(moment[0])


def _write_date(value: PropValue) -> bytes | None:
    return date_text(value) if isinstance(value, int) and value > 0 else None


def _read_text(value: bytes) -> PropValue:
    return clean_text(value) or None


def _write_text(value: PropValue) -> str | None:
    return value if isinstance(value, str) and value else None


def clean_id(text: str) -> str:
    """Return a message identifier, with its brackets if it has some; it reads back the same."""
    found = _ID.search(text[:4096])
    return (found[0] if found else "".join(_CONTROLS.sub("", text).split()))[:_LONGEST_ID]


def _read_id(value: bytes) -> PropValue:
    return clean_id(value.decode("utf-8", "replace")) or None


def _write_id(value: PropValue) -> bytes | None:
    return (clean_id(value).encode("utf-8", "replace") or None) if isinstance(value, str) else None


def _read_ids(value: bytes) -> PropValue:
    text = value.decode("utf-8", "replace")
    found = [each[:_LONGEST_ID] for each in _ID.findall(text)]
    return " ".join(found) if found else clean_id(text) or None


def _write_ids(value: PropValue) -> bytes | None:
    found = _read_ids(value.encode("utf-8", "replace")) if isinstance(value, str) else None
    return found.encode("utf-8", "replace") if isinstance(found, str) else None


def _words(table: Mapping[str, int]) -> Kind:
    """A number that is written as a word; the first word of a number is the one that is written."""
    back: dict[int, bytes] = {}
    for word, number in table.items():
        back.setdefault(number, word.encode("ascii"))
    folded = {word.lower(): number for word, number in table.items()}

    def parse(value: bytes) -> PropValue:
        return folded.get(value.decode("ascii", "replace").strip().lower())

    def write(value: PropValue) -> bytes | None:
        return back.get(value) if isinstance(value, int) else None

    return Kind(parse, write)


def _read_x_priority(value: bytes) -> PropValue:
    """The digit counts; "1 (Highest)" and "High" are written too."""
    found = _NUMBER.match(value.decode("ascii", "replace"))
    if found is None:
        return None
    return {1: 2, 2: 2, 3: 1, 4: 0, 5: 0}.get(int(found[1]))


def _write_x_priority(value: PropValue) -> bytes | None:
    return {0: b"5", 1: b"3", 2: b"1"}.get(value) if isinstance(value, int) else None


def _number(bits: int) -> Kind:
    """A decimal number, in two's complement if it is negative."""
    low, high, modulus = -(1 << (bits - 1)), (1 << bits) - 1, 1 << bits

    def parse(value: bytes) -> PropValue:
        found = _NUMBER.match(value.decode("ascii", "replace"))
        number = int(found[1]) if found else low - 1
        return number % modulus if low <= number <= high else None

    def write(value: PropValue) -> bytes | None:
        if not isinstance(value, int):
            return None
        number = value % modulus
        return b"%d" % (number if number <= high // 2 else number - modulus)

    return Kind(parse, write)


def _read_boolean(value: bytes) -> PropValue:
    return {b"true": True, b"1": True, b"yes": True, b"false": False, b"0": False, b"no": False}.get(
        value.strip().lower()
    )


def _write_boolean(value: PropValue) -> bytes | None:
    return (b"true" if value else b"false") if isinstance(value, int) else None


def _read_base64(value: bytes) -> PropValue:
    return base64_octets(value) or None


def _write_base64(value: PropValue) -> bytes | None:
    if not isinstance(value, bytes) or not value:
        return None
    text = base64.b64encode(value)
    return b" ".join(text[at : at + 64] for at in range(0, len(text), 64))


def _read_keywords(value: bytes) -> PropValue:
    words = (clean_text(each).strip('"').strip() for each in value.split(b",", _MAX_KEYWORDS)[:_MAX_KEYWORDS])
    return tuple(dict.fromkeys(word for word in words if word)) or None


def _write_keywords(value: PropValue) -> bytes | None:
    if not isinstance(value, tuple):
        return None
    out = []
    for each in value[:_MAX_KEYWORDS]:
        word = _CONTROLS.sub(" ", each).strip().strip('"').strip() if isinstance(each, str) else ""
        if word:
            plain = _KEYWORD_SAFE.match(word) is not None and "=?" not in word and len(word) < 60  # noqa: PLR2004
            out.append(word.encode("ascii") if plain else encoded_words(word, 60, base64_only=True))
    return b", ".join(out) or None


_SUPPRESS: Final = {"DR": 1, "NDR": 2, "RN": 4, "NRN": 8, "OOF": 16, "AutoReply": 32}
_ALL: Final = 0xFFFF_FFFF


def _read_suppress(value: bytes) -> PropValue:
    """[MS-OXCMAIL] 2.2.3.2.14: words with commas between them."""
    folded = {word.lower(): bit for word, bit in _SUPPRESS.items()} | {"none": 0, "all": _ALL}
    bits: int | None = None
    for word in value.decode("ascii", "replace").lower().split(","):
        bit = folded.get(word.strip())
        if bit is not None:
            bits = (bits or 0) | bit
    return bits


def _write_suppress(value: PropValue) -> bytes | None:
    """[MS-OXCMAIL] 2.1.3.2.20."""
    if not isinstance(value, int):
        return None
    bits = value & _ALL
    if bits in (0, _ALL):
        return b"All" if bits else b"None"
    return ", ".join(word for word, bit in _SUPPRESS.items() if bits & bit).encode("ascii") or None


def _read_guid(value: bytes) -> PropValue:
    text = value.decode("ascii", "replace").strip()
    try:
        return str(UUID(text))
    except ValueError:
        return None


TEXT: Final = Kind(_read_text, _write_text)
MESSAGE_ID: Final = Kind(_read_id, _write_id)
MESSAGE_IDS: Final = Kind(_read_ids, _write_ids)
DATE: Final = Kind(read_date, _write_date)
NUMBER: Final = _number(32)
SMALL_NUMBER: Final = _number(16)
BOOLEAN: Final = Kind(_read_boolean, _write_boolean)
BASE64: Final = Kind(_read_base64, _write_base64)
GUID_TEXT: Final = Kind(_read_guid, _write_text)
KEYWORDS: Final = Kind(_read_keywords, _write_keywords)
SUPPRESS: Final = Kind(_read_suppress, _write_suppress)
IMPORTANCE: Final = _words({"Low": 0, "Normal": 1, "High": 2, "Medium": 1})
PRIORITY: Final = _words({"Non-Urgent": 0, "Normal": 1, "Urgent": 2})
X_PRIORITY: Final = Kind(_read_x_priority, _write_x_priority)
#: [MS-OXCMAIL] 2.1.3.2.6; the words behind those of the document are of other programs.
SENSITIVITY: Final = _words(
    {"Normal": 0, "Personal": 1, "Private": 2, "Company-Confidential": 3, "Confidential": 3, "None": 0}
)
