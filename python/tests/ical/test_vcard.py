"""Contacts of each version: RFC 6350 6, RFC 2426 3, vCard 2.1, and what Apple's and other programs add."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.ical import Property, read
from gromox.ical.vcard import Address, Card, Media, Name, Typed, read_card
from gromox.ical.vcarddate import PartialDate, format_partial_date, parse_partial_date

CORPUS = Path(__file__).parent / "corpus"


def corpus(name: str) -> Card:
    return read_card(read((CORPUS / name).read_bytes())[0])


def card(*lines: str, version: str = "4.0") -> Card:
    text = "\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD"])
    return read_card(read(text.encode())[0])


def test_vcard_21() -> None:
    found = corpus("vcard21.vcf")

    assert found.version == "2.1"
    assert found.name == Name("M\u00fcller", "J\u00fcrgen", "", "Dr.", "")
    assert found.full_name == "Dr. J\u00fcrgen M\u00fcller"
    assert found.organization == ("Example, Inc.", "Sales")
    assert found.phones == (
        Typed("+49 30 1", frozenset(["work", "voice"]), 1),
        Typed("+49 170 2", frozenset(["cell"])),
    )
    assert found.addresses[0].address == Address(
        "", "", "Hauptstra\u00dfe 1\nHinterhaus", "Berlin", "", "10115", "Germany"
    )
    assert found.emails[0].types == {"internet"}
    assert found.birthday == PartialDate(1970, 2, 3)
    assert found.photos[0].media_type == "image/jpeg"
    assert found.photos[0].octets[:4] == b"\xff\xd8\xff\xe0"
    assert found.urls[0].value == "http://www.example.org/a;b"
    assert found.other == (Property("X-CUSTOM", "bar", (("TYPE", ("FOO",)),)),)


def test_vcard_30_of_apple() -> None:
    found = corpus("vcard30_apple.vcf")

    assert found.name == Name("O'Neill, Jr.", "Mary, Ann", "", "Dr., Prof.", "")
    assert found.emails == (Typed("mary@example.org", frozenset(["internet", "home"]), 1, "HomePage"),)
    assert found.addresses[0].types == {"work", "postal"}
    assert found.birthday == PartialDate(None, 5, 6)
    assert [one.value for one in found.messaging] == ["xmpp:mary@example.org", "icq:12345"]
    assert found.photos == (Media("image/png", b"\x89PNG\r\n\x1a\n"),)
    assert found.categories == ("friends", "family, close")
    assert found.geo == (37.386013, -122.082932)
    assert (found.kind, found.members) == ("group", ("urn:uuid:1",))
    assert [one.name for one in found.other] == ["PRODID", "X-ABADR", "X-ABADR"]


def test_vcard_40() -> None:
    found = corpus("vcard40.vcf")

    assert found.uid == "urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"
    assert found.birthday == PartialDate(None, 2, 3)
    assert found.anniversary == PartialDate(2009, 8, 8, 14, 30, None, "-0500")
    assert found.emails == (Typed("jdoe@example.com", frozenset(["work", "home"]), 2),)
    assert found.phones[0].value == "+1-555-555-5555;ext=5555"
    assert found.addresses[0].label == "Mr. John Q. Public\\nMail Drop"
    assert found.photos[0].media_type == "image/jpeg"
    assert found.photos[0].octets
    assert found.keys == (Media("application/pgp-keys", uri="ftp://example.com/keys/jdoe"),)
    assert found.members[1] == "mailto:joe@example.org"
    assert found.related[0].types == {"friend"}
    assert found.revision == PartialDate(1995, 10, 31, 22, 27, 10, "Z")
    assert {one.name for one in found.other} == {
        "GENDER", "LANG", "SOURCE", "CLIENTPIDMAP", "X-PHONETIC",
    }  # fmt: skip


def test_odd_values() -> None:
    found = card(
        "BDAY;VALUE=text:circa 1800",
        "ANNIVERSARY:some day",
        "PHOTO;ENCODING=b:A",
        "PHOTO:",
        "PHOTO:http://example.org/p.jpg",
        "LOGO;TYPE=JPG:data:,plain",
        "SOUND;TYPE=WAVE;ENCODING=b:QUI=",
        "KEY;TYPE=X509;ENCODING=b:QUI=",
        "GEO:nowhere",
        "EMAIL;PREF=900:mailto:a@b",
        "EMAIL;PREF=x:c@d",
        "TEL;PREF=\u00b2:1",
        "X-SPOUSE:Joe",
        "X-SKYPE:skype:joe",
        "NICKNAME:a,b\\,c",
        "TITLE:t",
        "ROLE:r",
        "NOTE:n\\no",
    )

    assert found.birthday == PartialDate(text="circa 1800")
    assert found.anniversary == PartialDate(text="some day")
    assert found.photos == (Media("", uri="http://example.org/p.jpg"),)
    assert found.logos == (Media("image/jpeg", b"plain"),)
    assert found.sounds == (Media("audio/wave", b"AB"),)
    assert found.keys == (Media("application/x509", b"AB"),)
    assert found.geo is None
    assert [one.pref for one in found.emails] == [1, 1]
    assert found.emails[0].value == "a@b"
    assert found.related == (Typed("Joe", frozenset(["spouse"])),)
    assert found.messaging[0].value == "skype:joe"
    assert found.nicknames == ("a", "b,c")
    assert (found.titles, found.roles, found.notes) == (("t",), ("r",), ("n\no",))
    assert {one.name for one in found.other} == {"PHOTO", "GEO"}
    assert card() == Card(version="4.0")
    assert card("BDAY:").birthday is None
    assert card("CATEGORIES:a;b,c;", version="2.1").categories == ("a", "b,c")


# RFC 6350 4.3.1 to 4.3.4, and the extended forms of vCard 3.0.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("19850412", PartialDate(1985, 4, 12)),
        ("1985-04-12", PartialDate(1985, 4, 12)),
        ("1985-04", PartialDate(1985, 4)),
        ("1985", PartialDate(1985)),
        ("--0412", PartialDate(None, 4, 12)),
        ("--04-12", PartialDate(None, 4, 12)),
        ("--04", PartialDate(None, 4)),
        ("---12", PartialDate(None, None, 12)),
        ("--0229", PartialDate(None, 2, 29)),
        ("T102200", PartialDate(hour=10, minute=22, second=0)),
        ("T1022", PartialDate(hour=10, minute=22)),
        ("T10", PartialDate(hour=10)),
        ("T-2200", PartialDate(minute=22, second=0)),
        ("T--00", PartialDate(second=0)),
        ("T102200Z", PartialDate(hour=10, minute=22, second=0, zone="Z")),
        ("T102200-0800", PartialDate(hour=10, minute=22, second=0, zone="-0800")),
        ("19961022T140000", PartialDate(1996, 10, 22, 14, 0, 0)),
        ("--1022T1400", PartialDate(None, 10, 22, 14, 0)),
        ("---22T14", PartialDate(None, None, 22, 14)),
        ("1996-10-22T14:00:00.5Z", PartialDate(1996, 10, 22, 14, 0, 0, "Z")),
        ("1996-10-22 14:00", PartialDate(1996, 10, 22, 14, 0)),
    ],
)
def test_partial_dates(text: str, expected: PartialDate) -> None:
    assert parse_partial_date(text) == expected
    assert parse_partial_date(format_partial_date(expected)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "T", "x", "19850", "19850230", "00000101", "--1301", "---32", "---00", "T25", "T1061", "1985T", "-"],
)
def test_what_is_no_date(text: str) -> None:
    if text == "1985T":
        assert parse_partial_date(text) == PartialDate(1985)
        return
    with pytest.raises(ParseError):
        parse_partial_date(text)


def test_whole_dates() -> None:
    whole = PartialDate(1985, 4, 12).date
    assert whole is not None
    assert whole.isoformat() == "1985-04-12"
    assert PartialDate(1985, 4).date is None
    assert format_partial_date(PartialDate(text="circa")) == "circa"


@given(st.text("0123456789-T:Z+. ", max_size=20))
def test_dates_raise_nothing_else(text: str) -> None:
    try:
        found = parse_partial_date(text)
    except ParseError:
        return
    assert parse_partial_date(format_partial_date(found)) == found
