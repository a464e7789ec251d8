"""Values: RFC 5545 3.3 and the forms that files hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.ical import Property
from gromox.ical import text as texts
from gromox.ical import value as values
from gromox.ical.value import DateTime, Duration, Period


def local(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("19980118T230000", DateTime(local(1998, 1, 18, 23))),
        ("19980119T070000Z", DateTime(local(1998, 1, 19, 7), "UTC")),
        (" 1998-01-19t07:00:00z ", DateTime(local(1998, 1, 19, 7), "UTC")),
        ("19970714T1330", DateTime(local(1997, 7, 14, 13, 30))),
        ("19970714", DateTime(local(1997, 7, 14))),
        ("19970714 133000", DateTime(local(1997, 7, 14, 13, 30))),
        ("1997-07-14T13:30:00.123Z", DateTime(local(1997, 7, 14, 13, 30), "UTC")),
        ("19970630T235960Z", DateTime(local(1997, 6, 30, 23, 59, 59), "UTC")),
        ("19970630T240000", DateTime(local(1997, 7, 1))),
        ("19970630T133000+0530", DateTime(local(1997, 6, 30, 8), "UTC")),
        ("19970630T133000-05:30", DateTime(local(1997, 6, 30, 19), "UTC")),
    ],
)
def test_times(text: str, expected: DateTime) -> None:
    assert values.parse_date_time(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "x", "1997", "19970230", "00000101", "19971301T000000", "19970101T250000", "19970101T006000",
     "19970101T000061", "99991231T240000", "00010101T000000+0100", "19970101T000000+9900", "19970101T000000X",
     "\u0661997\u0660101"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ParseError):
        values.parse_date_time(text)


def test_zones_of_times() -> None:
    assert values.parse_date_time("19980119T020000", '"Europe/Berlin"').tzid == "Europe/Berlin"
    assert values.parse_date_time("19980119T020000", "Etc/UTC").is_utc
    assert values.parse_date_time("19980119T020000Z", "Europe/Berlin").is_utc
    east = timezone(timedelta(hours=2))
    assert values.instant(DateTime(local(2026, 1, 1)), east) == datetime(2025, 12, 31, 22, tzinfo=UTC)
    with pytest.raises(ParseError):
        values.instant(DateTime(local(1, 1, 1)), east)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Property("DTSTART", "19970714"), date(1997, 7, 14)),
        (Property("DTSTART", "1997-07-14", (("VALUE", ("DATE",)),)), date(1997, 7, 14)),
        (Property("DTSTART", "19970714T000000", (("VALUE", ("date",)),)), date(1997, 7, 14)),
        (Property("DTSTART", "19970714", (("VALUE", ("DATE-TIME",)),)), DateTime(local(1997, 7, 14))),
        (Property("DTSTART", "19970714T01", ()), None),
    ],
)
def test_dates_or_times(one: Property, expected: date | DateTime | None) -> None:
    if expected is None:
        with pytest.raises(ParseError):
            values.date_or_date_time(one)
    else:
        assert values.date_or_date_time(one) == expected


@pytest.mark.parametrize(
    ("text", "expected", "written"),
    [
        ("P15DT5H0M20S", Duration(15, 18020), "P15DT5H20S"),
        ("P7W", Duration(49), "P7W"),
        ("-PT15M", Duration(0, -900), "-PT15M"),
        ("+P1D", Duration(1), "P1D"),
        ("P", Duration(), "PT0S"),
        ("PT", Duration(), "PT0S"),
        ("P15M", Duration(0, 900), "PT15M"),
        ("p1w2dt3h", Duration(9, 10800), "P9DT3H"),
        ("PT36H", Duration(0, 129_600), "PT36H"),
        ("-P1DT1S", Duration(-1, -1), "-P1DT1S"),
    ],
)
def test_durations(text: str, expected: Duration, written: str) -> None:
    assert values.parse_duration(text) == expected
    assert values.format_duration(expected) == written
    assert values.parse_duration(written) == expected


@pytest.mark.parametrize(
    "text", ["", "15M", "P1Y", "PT1D", "P1.5D", "P9999999999W", "PT9999999999H", "--P1D"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ParseError):
        values.parse_duration(text)


def test_periods() -> None:
    start = DateTime(local(1997, 1, 1, 18), "UTC")
    explicit = Period(start, DateTime(local(1997, 1, 2, 7), "UTC"), None)
    assert values.parse_period("19970101T180000Z/19970102T070000Z") == explicit
    assert values.format_period(explicit) == "19970101T180000Z/19970102T070000Z"
    short = Period(start, None, Duration(0, 19800))
    assert values.parse_period("19970101T180000Z/PT5H30M") == short
    assert values.format_period(short) == "19970101T180000Z/PT5H30M"
    for text in (
        "19970101T180000Z",
        "19970102T180000Z/19970101T180000Z",
        "19970101T180000Z/-PT1H",
        "x/y",
        "/",
    ):
        with pytest.raises(ParseError):
            values.parse_period(text)


@pytest.mark.parametrize(
    ("text", "offset"),
    [("+0530", 19800), ("-0800", -28800), ("+053015", 19815), ("+05:30", 19800), ("05", 18000), ("-0000", 0)],
)
def test_offsets(text: str, offset: int) -> None:
    assert values.parse_utc_offset(text) == offset
    assert values.parse_utc_offset(values.format_utc_offset(offset)) == offset


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (values.parse_utc_offset, "+2400"),
        (values.parse_utc_offset, "x"),
        (values.parse_utc_offset, "+0160"),
        (values.parse_boolean, "maybe"),
        (values.parse_integer, "1.5"),
        (values.parse_integer, "1" * 30),
        (values.parse_float, "nan"),
        (values.parse_float, ""),
        (values.parse_geo, "1"),
        (values.parse_geo, "a;b"),
        (values.parse_date, "19970000"),
        (values.parse_binary, "A"),
    ],
)
def test_what_is_refused(parse: object, text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)  # type: ignore[operator]


def test_scalars() -> None:
    assert [values.parse_boolean(text) for text in ("TRUE", "false", "1", "no")] == [True, False, True, False]
    assert values.parse_integer(" -12 ") == -12
    assert values.parse_float("+1.5") == 1.5
    assert values.parse_geo("37.386013;-122.082932") == (37.386013, -122.082932)
    assert values.parse_geo("geo:37.5,-122;crs=wgs84") == (37.5, -122.0)
    assert values.parse_binary("QUI") == b"AB"
    assert values.parse_binary("_-8=\n") == b"\xff\xef"
    assert values.parse_address("MAILTO:mailto:a@b") == "a@b"
    assert values.parse_address("urn:uuid:1") == "urn:uuid:1"
    assert Duration(1, 60).total == timedelta(days=1, minutes=1)
    assert values.format_date_time(DateTime(local(33, 1, 2, 3, 4, 5))) == "00330102T030405"


MOMENT = st.datetimes().map(lambda when: when.replace(microsecond=0, fold=0))
MOMENTS = st.builds(DateTime, MOMENT, st.sampled_from(["", "UTC"]))


@given(MOMENTS, st.integers(-86_399, 86_399), st.integers(0, 5000), st.integers(0, 10**6), st.booleans())
def test_written_values_are_read_back(
    when: DateTime, offset: int, days: int, seconds: int, negative: bool
) -> None:
    assert values.parse_date_time(values.format_date_time(when)) == when
    assert values.parse_date(values.format_date(when.local.date())) == when.local.date()
    assert values.parse_utc_offset(values.format_utc_offset(offset)) == offset
    duration = Duration(-days, -seconds) if negative else Duration(days, seconds)
    assert values.parse_duration(values.format_duration(duration)) == duration


@given(st.text(max_size=40))
def test_values_raise_nothing_else(text: str) -> None:
    for name, parse in vars(values).items():
        if not name.startswith("parse_"):
            continue
        try:
            parse(text)
        except ParseError:
            continue


TEXT = st.text(st.sampled_from(["a", "\\", ";", ",", "\n", '"', "n", "N", "^", "'", "\u00fc"]), max_size=30)


@given(st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=4))
def test_structures_are_read_back(components: list[list[str]]) -> None:
    assert texts.structure(texts.format_structure(components)) == components
    for text in components[0]:
        assert texts.unescape(texts.escape(text)) == text
        assert texts.caret_decode(texts.caret_encode(text)) == text


def test_texts() -> None:
    assert texts.unescape(r"a\, b\; c\\ d\n\N C:\temp \x" + "\\") == "a, b; c\\ d\n\n C:\\temp \\x\\"
    assert texts.split(r"a\,b,c\\,d\\\,e," + "\\") == [r"a\,b", r"c\\", r"d\\\,e", "\\"]
    assert texts.text_list(r" a ,,b\,c") == ["a", "b,c"]
    assert texts.structure(r"a,b;c\;d;", lists=False) == [["a,b"], ["c;d"], [""]]
    assert texts.escape("a\r\nb\rc") == r"a\nb\nc"
