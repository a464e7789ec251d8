"""What hypothesis makes up, every truncation, and small files of the nastiest shapes: fixed points."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.convert.contact import messages_from_vcards, vcard_from_message
from gromox.convert.contact.table import NAME_PARTS, PHONES, SLOTS, TEXTS
from gromox.ical import Component, Property, read, write
from gromox.mapi import tags
from gromox.mapi.message import Message, PropertyBag, PropertyKey
from gromox.mapi.propvalue import PropValue

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
VERSIONS = ("2.1", "3.0", "4.0")
TEXTS_OF_CARDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
NAMES = st.sampled_from(
    [
        *(
            "FN",
            "N",
            "EMAIL",
            "TEL",
            "ADR",
            "ORG",
            "NOTE",
            "BDAY",
            "URL",
            "CATEGORIES",
            "KIND",
            "MEMBER",
            "REV",
        ),
        *("IMPP", "RELATED", "KEY", "PHOTO", "X-MS-TEL", "X-ODD", "LABEL", "GENDER", "CLASS", "X-ABLABEL"),
    ]
)
PARAMETERS = st.lists(
    st.tuples(
        st.sampled_from(["TYPE", "PREF", "X-P", "VALUE", "LABEL"]),
        st.lists(
            st.one_of(st.sampled_from(["work", "home", "pref", "1", "fax", "text"]), TEXTS_OF_CARDS),
            max_size=2,
        ).map(tuple),
    ).filter(lambda pair: bool(pair[1])),
    max_size=2,
).map(tuple)
LINES = st.builds(Property, NAMES, TEXTS_OF_CARDS, PARAMETERS, st.sampled_from(["", "", "item1", "item2"]))


def is_fixed(octets: bytes) -> int:
    """Convert each card of a file to every version and back; return how many there were."""
    messages = list(messages_from_vcards(octets))
    for message in messages:
        for version in VERSIONS:
            once = vcard_from_message(message, version=version)
            (again,) = messages_from_vcards(once)
            assert vcard_from_message(again, version=version) == once
            if version == "4.0":
                assert known(again) == known(message)
    return len(messages)


def known(message: Message) -> dict[object, object]:
    """All properties with a tag: FN and REV may stand among the lines that were not there."""
    return {key: value for key, value in message.properties.items() if isinstance(key, int)}


@pytest.mark.slow
@given(st.lists(LINES, max_size=8), st.sampled_from(VERSIONS))
@settings(max_examples=300, deadline=None)
def test_made_up_cards_are_fixed_points(lines: list[Property], version: str) -> None:
    is_fixed(write(Component("VCARD", [Property("VERSION", version), *lines])))


SECOND = (tags.PidTagBusiness2TelephoneNumber, tags.PidTagHome2TelephoneNumber)
KEYS = [
    *NAME_PARTS,
    # A second number alone moves up to the first place.
    *(phone.tag for phone in PHONES if phone.tag not in SECOND),
    *(row.key for row in TEXTS),
    *(slot.address for slot in SLOTS),
]


@given(
    st.dictionaries(st.sampled_from(KEYS), TEXTS_OF_CARDS.map(str.strip).filter(bool), max_size=8),
    st.sampled_from(["3.0", "4.0"]),
)
@settings(max_examples=200, deadline=None)
def test_made_up_contacts_keep_their_texts(values: dict[PropertyKey, PropValue], version: str) -> None:
    message = Message(PropertyBag(dict(values)))
    octets = vcard_from_message(message, version=version)
    (again,) = messages_from_vcards(octets)

    addresses = {slot.address for slot in SLOTS}
    for key, value in values.items():
        # Lists of nicknames lose blanks; mail addresses move to the first place.
        if key not in addresses and key != tags.PidTagNickname:
            assert again.properties.get(key) == value


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_a_file_is_a_fixed_point(path: Path) -> None:
    assert is_fixed(path.read_bytes()) > 0


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_a_file_that_is_cut_off_anywhere_makes_no_trouble(path: Path) -> None:
    octets = path.read_bytes()
    for size in range(0, len(octets), 7):
        try:
            is_fixed(octets[:size])
        except ParseError:
            continue


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_no_line_is_lost(path: Path) -> None:
    """Whatever a card says is there again, in the same version: as it was, or as what it means."""
    for component in read(path.read_bytes()):
        (message,) = messages_from_vcards(write(component))
        version = component.text("VERSION")
        if version not in VERSIONS:
            continue
        (again,) = read(vcard_from_message(message, version=version))
        here = {line.name for line in again.properties}
        assert {line.name for line in component.properties} - here <= {"PRODID", "X-EVOLUTION-LIST"}
