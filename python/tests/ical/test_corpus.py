"""Files of every age and maker: fixed points, every truncation, mutations; and what hypothesis makes up."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.ical import Component, Property, Zones, read, series, write
from gromox.ical.freebusy import busy_time, read_freebusy
from gromox.ical.itip import problems
from gromox.ical.vcard import read_card

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def exercise(octets: bytes) -> list[Component]:
    """Use all of the package on one file; nothing but ParseError may come out."""
    try:
        components = read(octets)
    except ParseError:
        return []
    again = write(*components)
    assert read(again) == components
    for component in components:
        problems(component)
        read_card(component)
        zones = Zones(component.components)
        made = []
        for inner in component.walk():
            read_freebusy(inner)
            try:
                made.append(series([inner], zones))
                list(islice(made[-1].between(BEGIN, END), 20))
            except ParseError:
                continue
        try:
            busy_time(made, BEGIN, BEGIN.replace(month=2))
        except ParseError:
            continue
    return components


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_a_file_is_a_fixed_point(path: Path) -> None:
    components = read(path.read_bytes())
    octets = write(*components)

    assert read(octets) == components
    assert write(*read(octets)) == octets
    assert exercise(octets) == components


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_every_truncation_is_read_or_refused(path: Path) -> None:
    octets = path.read_bytes()
    for size in range(len(octets)):
        try:
            components = read(octets[:size])
        except ParseError:
            continue
        assert read(write(*components)) == components


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_truncations_at_each_line_are_understood_or_refused(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    for count in range(len(lines)):
        exercise(b"".join(lines[:count]))


def test_mutations() -> None:
    chance = random.Random(1)  # noqa: S311 - the same each time
    corpus = [path.read_bytes() for path in CORPUS]
    for _ in range(2000):
        octets = bytearray(chance.choice(corpus))
        for _ in range(chance.randrange(1, 6)):
            start = chance.randrange(len(octets) + 1)
            end = min(len(octets), start + chance.choice((0, 1, 3, 30)))
            other = chance.choice(corpus)
            place = chance.randrange(len(other))
            octets[start:end] = chance.choice(
                (b"", b"=", b'"', b"\n", b"\\", b";", b"^", b"9999", b"\xff", b":", other[place : place + 60])
            )
        exercise(bytes(octets))


NAME = st.from_regex(r"[A-Z][A-Z0-9-]{0,8}", fullmatch=True).filter(lambda name: name not in ("BEGIN", "END"))
CHARACTER = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t")
TEXT = st.text(CHARACTER | st.sampled_from(':;,"\\^= \u00fc'), max_size=100)
PARAMETER = st.tuples(
    NAME.filter(lambda name: name not in ("ENCODING", "CHARSET")),
    st.lists(TEXT | st.just('a\n"b^n'), min_size=1, max_size=3).map(tuple),
)
PROPERTY = st.builds(
    Property,
    NAME,
    TEXT,
    st.lists(PARAMETER, max_size=3).map(tuple),
    st.from_regex(r"([a-z0-9]{1,4})?", fullmatch=True),
)
COMPONENT = st.recursive(
    st.builds(Component, NAME, st.lists(PROPERTY, max_size=4)),
    lambda inner: st.builds(Component, NAME, st.lists(PROPERTY, max_size=2), st.lists(inner, max_size=3)),
    max_leaves=6,
)


@pytest.mark.slow
@settings(max_examples=200)
@given(COMPONENT)
def test_what_is_written_is_read_back(component: Component) -> None:
    assert read(write(component)) == [component]


@settings(max_examples=150)
@given(st.lists(PROPERTY, max_size=5), st.sampled_from(["VCARD", "VCALENDAR"]))
def test_legacy_files_too(properties: list[Property], name: str) -> None:
    version = Property("VERSION", "2.1" if name == "VCARD" else "1.0")
    component = Component(name, [version, *properties], [Component("VEVENT", properties)])

    again = read(write(component))

    assert [one.name for one in again[0].properties] == [one.name for one in component.properties]
    assert read(write(*again)) == again


@settings(max_examples=150)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_octets(octets: bytes) -> None:
    exercise(b"BEGIN:VCARD\nVERSION:2.1\n" + octets)
    exercise(b"BEGIN:VEVENT\n" + octets)
    exercise(octets)
