from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base import optionvalues as values
from gromox.base.secret import Secret


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0", 0.0),
        ("90", 90.0),
        ("1d2h", 93600.0),
        ("1 min 30 s", 90.0),
        ("0.5s", 0.5),
        ("5000 ms", 5.0),
        ("1.5min", 90.0),
        ("1day", 86400.0),
        ("2 weeks", 1209600.0),
        ("1month", 2629800.0),
        ("1y", 31557600.0),
        ("7µs", 7e-06),
        ("7us", 7e-06),
        ("1nsec", 1e-09),
        ("1HOUR", 3600.0),
        ("1hours1minute1seconds1msec1usec", 3661.001001),
    ],
)
def test_time_spans(given: str, expected: float) -> None:
    assert values.timespan(given) == pytest.approx(expected)


@pytest.mark.parametrize("given", ["", "s", "-1s", "1x", "1m", "1d 2", "1..5s", "."])
def test_what_is_no_time_span(given: str) -> None:
    with pytest.raises(ValueError, match="units are ns us ms s min h d week month y"):
        values.timespan(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0", 0),
        ("64M", 64 << 20),
        ("64 m", 64 << 20),
        ("1.5k", 1536),
        ("2T", 2 << 40),
        ("1Q", 1 << 100),
        ("0.5", 0),
    ],
)
def test_quantities(given: str, expected: int) -> None:
    assert values.quantity(given) == expected


@pytest.mark.parametrize("given", ["", "k", "-1", "1MB", "1 2", "1,5k"])
def test_what_is_no_quantity(given: str) -> None:
    with pytest.raises(ValueError, match="write a number"):
        values.quantity(given)


@pytest.mark.parametrize("given", ["", "no", "OFF", "False", "0"])
def test_words_for_no(given: str) -> None:
    assert not values.boolean(given)


@pytest.mark.parametrize("given", ["yes", "1", "on", "true", "2", "maybe"])
def test_anything_else_is_yes(given: str) -> None:
    assert values.boolean(given)


def test_integers() -> None:
    assert values.integer("-12") == -12
    assert values.integer("0x1F") == 31
    for wrong in ("", "1.0", "0xG", "ten"):
        with pytest.raises(ValueError, match="whole number"):
            values.integer(wrong)


def test_endpoints() -> None:
    assert values.listen_list("[::]:143  127.0.0.1:993 localhost:1") == (
        values.Endpoint("::", 143),
        values.Endpoint("127.0.0.1", 993),
        values.Endpoint("localhost", 1),
    )
    assert values.listen_list("") == ()
    assert str(values.Endpoint("::1", 24)) == "[::1]:24"
    for wrong in ("143", "::1:143", "[::]", "[::]:", ":143", "[::]:65536", "[::]:x", "[::]:²"):
        with pytest.raises(ValueError, match="not an address and port"):
            values.endpoint(wrong)


def test_paths() -> None:
    assert values.optional_path("") is None
    assert values.optional_path("/a b") == Path("/a b")
    assert values.path_list("/a::/b") == (Path("/a"), Path("/b"))
    for wrong in ("", "a\0b"):
        with pytest.raises(ValueError, match="name of a file"):
            values.path(wrong)


def test_host_lists() -> None:
    assert values.host_list("::1  ::ffff:10.0.0.1") == ("::1", "::ffff:10.0.0.1")
    with pytest.raises(ValueError, match="blanks"):
        values.host_list("::1,::2")


@pytest.mark.parametrize(
    ("parse", "value", "expected"),
    [
        (values.timespan, 180.0, "3min"),
        (values.timespan, 93600.0, "1d2h"),
        (values.timespan, 0.5, "500ms"),
        (values.timespan, 0.0, "0"),
        (values.timespan, float("inf"), ""),
        (values.quantity, 64 << 20, "64M"),
        (values.quantity, 1000, "1000"),
        (values.quantity, 0, "0"),
        (values.boolean, True, "yes"),
        (values.boolean, False, "no"),
        (values.listen_list, (values.Endpoint("::", 1), values.Endpoint("::1", 2)), "[::]:1 [::1]:2"),
        (values.host_list, ("a", "b"), "a b"),
        (values.path_list, (Path("/a"), Path("/b")), "/a:/b"),
        (values.text, "x", "x"),
        (values.optional_path, None, ""),
        (values.secret, Secret("x"), ""),
    ],
)
def test_a_value_is_shown_as_it_is_written(parse: object, value: object, expected: str) -> None:
    assert values.shown(parse, value) == expected


@given(st.integers(0, 10**9))
def test_shown_seconds_are_read_back(seconds: int) -> None:
    assert values.timespan(values.shown(values.timespan, float(seconds))) == seconds


@given(st.integers(0, 2**80))
def test_shown_quantities_are_read_back(number: int) -> None:
    assert values.quantity(values.shown(values.quantity, number)) == number


def test_kinds_have_names() -> None:
    assert values.kind(values.boolean) == "yes or no"
    assert values.kind(len) == "text"
    assert values.secret("x").reveal() == "x"
