"""Cards for the tests of contacts."""

from __future__ import annotations

from gromox.convert.contact import messages_from_vcards
from gromox.mapi.message import Message


def card(*lines: str, version: str = "4.0") -> bytes:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode()


def contact(*lines: str, version: str = "4.0") -> Message:
    (message,) = messages_from_vcards(card(*lines, version=version))
    return message


# [MS-OXVCARD] 3.1 has such a card; the values are our own.
FULL = (
    "UID:urn:uuid:1",
    "FN:Dr. Erika Mustermann",
    "N:Mustermann;Erika;Maria;Dr.;jun.",
    "NICKNAME:Eri",
    "ORG:Beispiel AG;Einkauf;Berlin",
    "TITLE:Leiterin",
    "ROLE:Einkäuferin",
    "NOTE:erste Zeile\\nzweite",
    "EMAIL;PREF=2:zweite@example.org",
    "EMAIL;PREF=1:erste@example.org",
    "EMAIL:dritte@example.org",
    "EMAIL:vierte@example.org",
    "IMPP:xmpp:erika@example.org",
    "URL;TYPE=home:https://erika.example",
    "URL:https://beispiel.example",
    "FBURL:https://frei.example/erika",
    "CATEGORIES:Freunde,Berlin\\, Mitte",
    "CLASS:CONFIDENTIAL",
    "GENDER:F",
    "BDAY:19700131",
    "ANNIVERSARY:20000229",
    "RELATED;TYPE=spouse;VALUE=text:Max",
    "RELATED;TYPE=child;VALUE=text:Anna",
    "RELATED;TYPE=child;VALUE=text:Ben",
    "RELATED;TYPE=friend:urn:uuid:2",
    "X-MS-MANAGER;TYPE=N:Chefin",
    "X-ASSISTANT:Assistent",
    "X-MS-TEXT:eins",
    "X-MS-TEXT:zwei",
    "LANG:de",
    "HOBBY:Segeln",
    "REV:20260102T030405Z",
)
