"""What a card must have, for those who would rather refuse than guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.contact.lineversion import VERSIONS

if TYPE_CHECKING:
    from gromox.ical import Component

#: What each version cannot do without: RFC 6350 6.2.1, RFC 2426 3.1, vCard 2.1 2.2.2.
_NEEDED: Final = {"2.1": ("N",), "3.0": ("FN", "N"), "4.0": ("FN",)}
_AT_MOST_ONCE: Final = {
    "2.1": ("N",),
    "3.0": ("N",),
    "4.0": ("N", "BDAY", "ANNIVERSARY", "GENDER", "REV", "UID"),
}


def check_card(card: Component) -> None:
    """Make sure that a card has what its version demands.

    Raises:
        ParseError: it has not, and what it lacks.
    """
    if card.name != "VCARD":
        raise ParseError("a VCARD")
    version = card.text("VERSION").strip()
    if version not in VERSIONS:
        raise ParseError(f"a VERSION of {', '.join(VERSIONS)} instead of {version[:20]!r}")
    for name in _NEEDED[version]:
        if card.first(name) is None:
            raise ParseError(f"{name}, which vCard {version} demands")
    for name in _AT_MOST_ONCE[version]:
        # Several of one ALTID are one in several languages.
        if len({line.parameter("ALTID") or str(at) for at, line in enumerate(card.all(name))}) > 1:
            raise ParseError(f"{name} once")
