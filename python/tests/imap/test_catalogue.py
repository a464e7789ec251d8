"""Translations belong to sentences that are said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gromox import imap
from gromox.imap import catalogue
from gromox.imap.catalogue import TAGS, chosen, translated
from gromox.imap.commands import language

from tests.imap.driver import Server

SOURCES = "".join(
    file.read_text("utf-8") for file in Path(imap.__path__[0]).rglob("*.py") if file.stem != "catalogue"
)


def test_every_key_is_said_somewhere() -> None:
    said = set(re.findall(r'"([^"\\\n]*)"', SOURCES))
    assert [text for text in catalogue._GERMAN if text not in said and text != " completed"] == []
    assert ' completed"' in SOURCES


def test_no_text_breaks_a_line() -> None:
    # RFC 5255 3.5: no "[", which would begin a response code.
    for text in catalogue._GERMAN.values():
        assert text.isprintable()
        assert "[" not in text


def test_what_has_no_translation_stays() -> None:
    assert translated("FETCH completed", "de") == "FETCH ausgeführt"
    assert translated("no such sentence", "de") == "no such sentence"
    assert translated("log in first", "en") == translated("log in first", "") == "log in first"


@pytest.mark.parametrize(
    ("ranges", "tag"),
    [
        (["de"], "de"),
        (["DE-Latn-AT"], "de"),
        (["fr", "I-DEFAULT"], "i-default"),
        (["fr-CA", "en-CA", "de"], "en"),
        (["default"], "xx"),
        (["fr", "*"], "xx"),
        (["d", "de1"], None),
        ([], None),
    ],
)
def test_ranges(ranges: list[str], tag: str | None) -> None:
    assert chosen(ranges, "xx") == tag


def test_the_language_of_the_user_comes_first(server: Server) -> None:
    server.configure(default_lang="en")
    client = server.login(select=None)
    assert client.core.session is not None
    assert client.core.session.account is not None
    assert client.ok("language default").startswith(b"* LANGUAGE (en)")
    object.__setattr__(client.core.session.account, "lang", "de_DE.UTF-8")
    assert client.ok("language default").startswith(b"* LANGUAGE (de)")


def test_ranges_have_a_bound(server: Server) -> None:
    client = server.connect()
    client.no("language" + " xx" * language.MAX_RANGES)
    client.bad("language" + " xx" * (language.MAX_RANGES + 1))
    client.bad("language " + "-".join(["abc"] * 12))
    assert TAGS == ("en", "de", "i-default")
