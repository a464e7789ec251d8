"""Order messages of a folder by what its rows say; nothing is parsed but ready envelopes.

Spec:
    RFC 5256 section 3 (SORT), 2.1 (base subject), 2.2 (sent date); RFC 5957 (DISPLAYFROM, DISPLAYTO). Texts
    are compared by i;unicode-casemap (RFC 5256 section 7); what is equal stays in the order of the mailbox.
"""

from __future__ import annotations

import enum
import heapq
import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gromox.base.casemap import casemap
from gromox.mime.envelopetext import AddressField, first_address
from gromox.mime.subject import base_subject
from gromox.mime.words import decode_words
from gromox.store.extract import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from gromox.store.mailbox_file import MailboxFile

_STEP: Final = 1000
"""Rows that are read before others get their turn."""
_RUN: Final = 8192
"""Messages that are sorted at once."""
_DENSE: Final = 4
_T = TypeVar("_T")


class SortKey(enum.Enum):
    """RFC 5256 section 3 and RFC 5957 section 4."""

    ARRIVAL = "ARRIVAL"
    CC = "CC"
    DATE = "DATE"
    DISPLAYFROM = "DISPLAYFROM"
    DISPLAYTO = "DISPLAYTO"
    FROM = "FROM"
    SIZE = "SIZE"
    SUBJECT = "SUBJECT"
    TO = "TO"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One sort-criterion."""

    key: SortKey
    reverse: bool = False


_BY_MESSAGE: Final = "fetch_rows f JOIN messages m ON m.mid = f.mid"


def _mailbox(field: AddressField) -> Callable[[tuple[Any, ...]], str]:
    def value(row: tuple[Any, ...]) -> str:
        address = first_address(row[0], field)
        return casemap((address.mailbox or b"").decode("utf-8", "replace")) if address else ""

    return value


def _display(field: AddressField) -> Callable[[tuple[Any, ...]], str]:
    """Return the name of an address, else the address itself (RFC 5957 section 3)."""

    def value(row: tuple[Any, ...]) -> str:
        address = first_address(row[0], field)
        if address is None:
            return ""
        name = decode_words(address.name) if address.name else ""
        if name:
            return casemap(name)
        mailbox = (address.mailbox or b"").decode("utf-8", "replace")
        host = (address.host or b"").decode("utf-8", "replace")
        return casemap(f"{mailbox}@{host}" if host else mailbox)

    return value


def sent_at(sent_time: int | None, internal_date: int) -> float:
    """Return the sent date in Unix seconds; without one, the internal date."""
    return float(internal_date) if sent_time is None else seconds(sent_time)


#: Which columns of which table a key needs, and what they come to.
_SOURCES: Final[dict[SortKey, tuple[str, str, Callable[[tuple[Any, ...]], Any]]]] = {
    SortKey.ARRIVAL: (_BY_MESSAGE, "m.internal_date", lambda row: row[0]),
    SortKey.CC: ("fetch_rows f", "f.envelope", _mailbox(AddressField.CC)),
    SortKey.DATE: (_BY_MESSAGE, "m.sent_time, m.internal_date", lambda row: sent_at(row[0], row[1])),
    SortKey.DISPLAYFROM: ("fetch_rows f", "f.envelope", _display(AddressField.FROM)),
    SortKey.DISPLAYTO: ("fetch_rows f", "f.envelope", _display(AddressField.TO)),
    SortKey.FROM: ("fetch_rows f", "f.envelope", _mailbox(AddressField.FROM)),
    SortKey.SIZE: ("fetch_rows f", "f.size", lambda row: row[0]),
    SortKey.SUBJECT: (_BY_MESSAGE, "m.subject", lambda row: casemap(base_subject(row[0])[0])),
    SortKey.TO: ("fetch_rows f", "f.envelope", _mailbox(AddressField.TO)),
}


def order(
    file: MailboxFile, folder_id: int, uids: Sequence[int], criteria: Sequence[Criterion]
) -> Generator[None, None, list[int]]:
    """Return ``uids`` (ascending) in the order of ``criteria``, in steps."""
    places = list(range(len(uids)))
    for criterion in reversed(criteria):
        table, columns, value = _SOURCES[criterion.key]
        missing: Any = 0 if criterion.key in (SortKey.ARRIVAL, SortKey.DATE, SortKey.SIZE) else ""
        values = yield from read(file, folder_id, uids, (table, columns), value, missing)
        places = yield from _arranged(places, values.__getitem__, reverse=criterion.reverse)
    return [uids[place] for place in places]


def read(
    file: MailboxFile,
    folder_id: int,
    uids: Sequence[int],
    source: tuple[str, str],
    value: Callable[[tuple[Any, ...]], _T],
    missing: _T,
) -> Generator[None, None, list[_T]]:
    """Return what rows come to, one for each UID (ascending); ``missing`` where there is no row."""
    table, columns = source
    head = f"SELECT f.uid, {columns} FROM {table} WHERE f.folder_id = ? AND f.uid"
    values: list[_T] = []
    for at in range(0, len(uids), _STEP):
        part = uids[at : at + _STEP]
        if part[-1] - part[0] < _DENSE * len(part):
            rows = file.execute(f"{head} BETWEEN ? AND ?", (folder_id, part[0], part[-1])).fetchall()
        else:
            packed = json.dumps(list(part))
            rows = file.execute(f"{head} IN (SELECT value FROM json_each(?))", (folder_id, packed)).fetchall()
        wanted = set(part)
        found = {row[0]: value(row[1:]) for row in rows if row[0] in wanted}
        values += [found.get(uid, missing) for uid in part]
        yield
    return values


def _arranged(
    places: list[int], key: Callable[[int], Any], *, reverse: bool
) -> Generator[None, None, list[int]]:
    """Sort, keeping the order of what is equal; large lists in runs that are merged."""
    if len(places) <= _RUN:
        return sorted(places, key=key, reverse=reverse)
    runs: list[list[int]] = []
    for at in range(0, len(places), _RUN):
        runs.append(sorted(places[at : at + _RUN], key=key, reverse=reverse))
        yield
    merged = heapq.merge(*runs, key=key, reverse=reverse)
    done: list[int] = []
    while part := list(islice(merged, _RUN // 4)):
        done += part
        yield
    return done
