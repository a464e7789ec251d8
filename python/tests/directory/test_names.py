from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.directory import names
from gromox.directory.errors import InvalidError


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("Example.TEST", "example.test"),
        ("example.test.", "example.test"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
    ],
)
def test_domains_are_stored_in_one_form(given: str, stored: str) -> None:
    assert names.domain_name(given) == stored


@pytest.mark.parametrize(
    "bad",
    [
        "",
        ".",
        "a..b",
        "-a.b",
        "a-.b",
        "a b",
        "a_b.c",
        "a/b",
        "10.0.0.1",
        "a" * 64 + ".b",
        "x." * 130 + "y",
        "a.\0",
        "ü" * 70,
    ],
)
def test_what_is_no_domain_is_refused(bad: str) -> None:
    with pytest.raises(InvalidError):
        names.domain_name(bad)


def test_addresses_are_stored_in_one_form() -> None:
    assert names.address(" Alice.O'Neil+x@BÜCHER.example ") == "alice.o'neil+x@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "bad",
    [
        *(
            "alice",
            "@example.test",
            "alice@",
            "a b@c.d",
            "älice@example.test",
            ".a@c.d",
            "a.@c.d",
            "a..b@c.d",
        ),
        *("../x@c.d", "a/b@c.d", "a!b@c.d", "a%b@c.d", '"a b"@c.d', "a\0@c.d", "a" * 65 + "@c.d", "a@b@c.d"),
    ],
)
def test_what_is_no_address_is_refused(bad: str) -> None:
    with pytest.raises(InvalidError):
        names.address(bad)


@given(st.text(max_size=400))
@settings(max_examples=200)
def test_looking_up_never_fails_and_is_stable(text: str) -> None:
    key = names.lookup_key(text)

    assert key is None or (key.isascii() and names.lookup_key(key) == key)


def test_a_blank_at_the_end_is_another_name() -> None:
    # MariaDB ignores it when it compares.
    assert names.lookup_key("alice@example.test ") is None


def test_a_local_part_that_is_not_ascii_matches_nothing() -> None:
    assert names.lookup_key("älice@example.test") is None
    assert names.lookup_key("alice@bücher.example") == "alice@xn--bcher-kva.example"


@pytest.mark.parametrize("bad", ["", " ", "a b", "a!b", "a\nb", "x" * 321])
def test_bad_alternative_names_are_refused(bad: str) -> None:
    with pytest.raises(InvalidError):
        names.altname(bad)


def test_the_readable_form_of_a_domain() -> None:
    assert names.display_domain("xn--bcher-kva.example") == "bücher.example"
    assert names.display_domain("xn--0.example") == "xn--0.example"
    assert names.display_domain("example.test") == "example.test"
