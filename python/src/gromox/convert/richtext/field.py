"""Instructions of fields: where a link leads.

Spec: RTF 1.9.1, "Fields"; ECMA-376 part 1, 17.16.5.25 (HYPERLINK).
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = re.compile(r'"([^"]*)"|(\\[A-Za-z*])|([^\s"\\]+)')
_LONGEST: Final = 4096
#: Schemes that a link of a mail may have. What runs something or reads files is none.
_SCHEMES: Final = frozenset(["http", "https", "mailto", "ftp", "tel", "sip", "news", "callto", "cid"])
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WITH_VALUE: Final = frozenset(["\\o", "\\t"])


def link_of(instruction: str) -> str:
    """Return the address that a field links to, empty if it is no link that may be followed."""
    words = [
        (found[1] or found[3] or "", found[2] or "") for found in _WORDS.finditer(instruction[:_LONGEST])
    ]
    if not words or words[0][0].upper() != "HYPERLINK":
        return ""
    address = anchor = switch = ""
    for word, new_switch in words[1:]:
        if new_switch:
            switch = new_switch.lower()
        elif switch == "\\l":
            anchor, switch = word, ""
        elif switch in _WITH_VALUE:
            switch = ""
        else:
            address, switch = address or word, ""
    return safe_link(f"{address}#{anchor}" if anchor else address)


def safe_link(address: str) -> str:
    """Return the address if it may stand in a page, else nothing."""
    address = "".join(character for character in address.strip() if character > " ")
    scheme = _SCHEME.match(address)
    if scheme is None:
        return address if address.startswith("#") or "." in address.partition("/")[0] else ""
    return address if scheme[1].lower() in _SCHEMES else ""
