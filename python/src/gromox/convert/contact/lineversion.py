"""A line of one version in another one: what they say alike in different ways.

Spec: RFC 6350 (4.0), RFC 2426 (3.0), vCard 2.1; RFC 6350 appendix A lists the changes.
"""

from __future__ import annotations

from typing import Final

from gromox.convert.contact.picture import binary_line
from gromox.ical import Component, Property
from gromox.ical.text import escape, format_structure, structure, unescape
from gromox.ical.vcard import read_card

VERSIONS: Final = ("2.1", "3.0", "4.0")
_BINARY: Final = frozenset(["PHOTO", "LOGO", "SOUND", "KEY"])
_STRUCTURED: Final = frozenset(["N", "ADR", "ORG"])
_TEXTS: Final = frozenset(["FN", "TITLE", "ROLE", "NOTE", "LABEL", "NICKNAME"])
_NEW_NAMES: Final = {
    "X-ADDRESSBOOKSERVER-KIND": "KIND",
    "X-ADDRESSBOOKSERVER-MEMBER": "MEMBER",
    "X-ANNIVERSARY": "ANNIVERSARY",
    "X-MS-ANNIVERSARY": "ANNIVERSARY",
}
_OLD_NAMES: Final = {
    "KIND": "X-ADDRESSBOOKSERVER-KIND",
    "MEMBER": "X-ADDRESSBOOKSERVER-MEMBER",
    "ANNIVERSARY": "X-ANNIVERSARY",
}
#: Parameters that only encodings of old versions have.
_OLD_PARAMETERS: Final = frozenset(["ENCODING", "CHARSET"])


def line_in_version(line: Property, source: str, version: str) -> Property:
    """Return a line of a card of version ``source`` as it stands in one of ``version``."""
    if source == version:
        return line
    if line.name in _BINARY:
        return _binary(line, source, version)
    if source == "2.1":
        line = _without_raw_commas(line)
    if version == "4.0":
        return _prefer(line._replace(name=_NEW_NAMES.get(line.name, line.name)))
    return _prefer_by_type(line._replace(name=_OLD_NAMES.get(line.name, line.name)))


def _binary(line: Property, source: str, version: str) -> Property:
    card = Component("VCARD", [Property("VERSION", source), line])
    found = read_card(card)
    for media in (*found.photos, *found.logos, *found.sounds, *found.keys):
        if media.octets:
            made = binary_line(
                line.name, media.octets, media.media_type or "application/octet-stream", version
            )
            return made._replace(group=line.group)
    return line


def _without_raw_commas(line: Property) -> Property:
    """In vCard 2.1 a comma is a comma; later versions would take it for the end of a value."""
    if line.name in _STRUCTURED:
        return line._replace(value=format_structure(structure(line.value, lists=False)))
    if line.name in _TEXTS:
        return line._replace(value=escape(unescape(line.value)))
    return line


def _prefer(line: Property) -> Property:
    """TYPE=pref is PREF=1 in vCard 4.0, RFC 6350 5.3."""
    kept = tuple(pair for pair in line.parameters if pair[0] not in _OLD_PARAMETERS)
    line = line._replace(parameters=kept)
    if "pref" not in line.types or line.parameter("PREF") is not None:
        return line
    types = [text for text in line.parameter_values("TYPE") if text.lower() != "pref"]
    return line.with_parameter("TYPE", *types).with_parameter("PREF", "1")


def _prefer_by_type(line: Property) -> Property:
    """PREF=1 is TYPE=pref before vCard 4.0; the other ranks have no word there."""
    rank = line.parameter("PREF")
    if rank is None:
        return line
    types = line.parameter_values("TYPE")
    if rank == "1" and "pref" not in line.types:
        types.append("pref")
    return line.with_parameter("PREF").with_parameter("TYPE", *types)
