"""Real address books: no exception, fixed points in every version, nothing lost."""

from __future__ import annotations

import pytest

from gromox.base.errors import ParseError
from gromox.convert.contact import messages_from_vcards, vcard_from_message
from gromox.convert.contact.source import CARD_VERSION
from gromox.ical import Component, read
from gromox.mapi import tags
from tests.corpora.conftest import Findings, digest, files_of

KIND = "vcard"
VERSIONS = ("2.1", "3.0", "4.0")
#: Written anew, or said by properties of lists.
MADE = frozenset(["PRODID", "X-EVOLUTION-LIST", "VERSION", "REV"])


def lost(card: Component, octets: bytes) -> set[str]:
    """Return the properties of a card that are not in what was written of it."""
    (again,) = read(octets)
    return (
        {line.name for line in card.properties if line.value.strip()}
        - {line.name for line in again.properties}
        - MADE
    )


@pytest.mark.timeout(600)
def test_cards_come_back(findings: Findings) -> None:
    for path in files_of(KIND):
        octets = path.read_bytes()
        findings.counts["files"] += 1
        try:
            roots = read(octets)
        except ParseError:
            findings.counts["files without a card"] += 1
            continue
        cards = [card for root in roots for card in root.walk() if card.name == "VCARD"]
        messages = list(messages_from_vcards(octets))
        assert len(messages) == len(cards)
        for card, message in zip(cards, messages, strict=True):
            findings.counts["cards"] += 1
            for version in VERSIONS:
                written = vcard_from_message(message, version=version)
                (again,) = messages_from_vcards(written)
                if vcard_from_message(again, version=version) != written:
                    findings.differs(digest(octets), f"written again as {version}", path.name)
                if version != message.properties.text(CARD_VERSION):
                    continue
                if lost(card, written):
                    findings.differs(digest(octets), "lost", (path.name, lost(card, written)))
                before = {key: value for key, value in message.properties.items() if isinstance(key, int)}
                after = {key: value for key, value in again.properties.items() if isinstance(key, int)}
                if before != after:
                    findings.differs(digest(octets), "read again", path.name)
            name = card.text("FN").strip()
            if name and name.split() != message.properties.text(tags.PidTagDisplayName).split():
                findings.differs(digest(octets), "name", path.name)
