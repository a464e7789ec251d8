"""Character classes and flat tokens of RFC 3501 section 9, each under its ABNF; what nests is not here."""

from __future__ import annotations

import re
from typing import Final

#: atom = 1*ATOM-CHAR
#: atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials
ATOM: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')

#: astring = 1*ASTRING-CHAR / string; ASTRING-CHAR = ATOM-CHAR / resp-specials
ASTRING_ATOM: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')

#: list-mailbox = 1*list-char / string; list-char = ATOM-CHAR / list-wildcards / resp-specials
LIST_ATOM: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){"\\]+')

#: tag = 1*<any ASTRING-CHAR except "+">
TAG: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\+]+')

#: quoted = DQUOTE *QUOTED-CHAR DQUOTE; octets above 0x7F are UTF-8, which RFC 9051 section 4.3 lets clients
#: send. Possessive, so that a missing quote costs no more than a present one.
QUOTED: Final = re.compile(rb'"((?:[^\x00\r\n"\\]++|\\["\\])*+)"')
QUOTED_ESCAPE: Final = re.compile(rb'\\(["\\])')

#: literal = "{" number ["+"] "}" CRLF *CHAR8 (RFC 7888 for the "+"); "~" marks literal8 (RFC 3516)
LITERAL: Final = re.compile(rb"(~?)\{([0-9]{1,10})(\+?)\}\r\n")

#: The same at the end of a line whose CRLF is already off.
LITERAL_AT_END: Final = re.compile(rb"(~?)\{([0-9]+)(\+?)\}\Z")

#: number = 1*DIGIT ; 0 <= n < 4,294,967,296 (mod-sequence values have 63 bits, RFC 7162)
NUMBER: Final = re.compile(rb"[0-9]{1,19}")

#: sequence-set = (seq-number / seq-range) *("," sequence-set) / "$"; seq-number = nz-number / "*"
SEQUENCE_SET: Final = re.compile(
    rb"\$|(?:[0-9]+|\*)(?::(?:[0-9]+|\*))?(?:,(?:[0-9]+|\*)(?::(?:[0-9]+|\*))?)*"
)

#: partial-range = nz-number ":" nz-number / MINUS nz-number ":" MINUS nz-number (RFC 9394)
PARTIAL_RANGE: Final = re.compile(rb"-?[0-9]{1,10}:-?[0-9]{1,10}")

#: flag = "\" atom / atom, with "*" of flag-perm left out: clients do not set it
FLAG: Final = re.compile(rb'\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+')

#: entry-flag-name = DQUOTE "/flags/" attr-flag DQUOTE (RFC 7162), without the quotes
ENTRY: Final = re.compile(rb'/[Ff][Ll][Aa][Gg][Ss]/\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+')

#: objectid = 1*255(ALPHA / DIGIT / "_" / "-") (RFC 8474)
OBJECT_ID: Final = re.compile(rb"[A-Za-z0-9_-]{1,255}")

#: date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
DATE_TIME: Final = re.compile(
    rb'"([ 0-9][0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)

#: date = date-text / DQUOTE date-text DQUOTE; date-text = date-day "-" date-month "-" date-year
DATE: Final = re.compile(rb'("?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1')

MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV", b"DEC"), 1
    )
}

#: section-part = nz-number *("." nz-number)
SECTION_PART: Final = re.compile(rb"[1-9][0-9]{0,8}(?:\.[1-9][0-9]{0,8})*")

MAX_NUMBER: Final = 0xFFFF_FFFF
MAX_MODSEQ: Final = 0x7FFF_FFFF_FFFF_FFFF
