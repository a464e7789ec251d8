"""The grammar of addresses and parameters, each rule under its ABNF.

RFC 5321 4.1.2 and 4.1.3, with UTF-8 where RFC 6531 3.3 adds it.
"""

from __future__ import annotations

import re
from typing import Final

# Atom = 1*atext; Dot-string = Atom *("." Atom). Dots at odd places ("a..b@", ".a@") are common in Japan:
# they are let through, the user database decides.
_DOT_STRING: Final = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.\u0080-\U0010ffff]+"
# Quoted-string = DQUOTE *QcontentSMTP DQUOTE
_QUOTED: Final = r'"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*"'
# Domain = sub-domain *("." sub-domain); an underscore is wrong and seen.
_DOMAIN: Final = (
    r"[A-Za-z0-9_\u0080-\U0010ffff](?:[A-Za-z0-9_.\-\u0080-\U0010ffff]*[A-Za-z0-9_\u0080-\U0010ffff])?\.?"
)
# address-literal = "[" ( IPv4 / "IPv6:" addr / General ) "]"
_LITERAL: Final = r"\[[A-Za-z0-9:.\-]+\]"
# A-d-l = At-domain *( "," At-domain ); to be accepted and ignored
_ROUTE: Final = rf"(?:@{_DOMAIN}(?:,@{_DOMAIN})*:)?"

#: Mailbox = Local-part "@" ( Domain / address-literal )
MAILBOX: Final = re.compile(rf"({_DOT_STRING}|{_QUOTED})@({_DOMAIN}|{_LITERAL})")
#: Path = "<" [ A-d-l ":" ] Mailbox ">", or "<>", or "<Postmaster>"; what follows is SP-separated parameters.
PATH: Final = re.compile(
    rf" ?<{_ROUTE}((?:{_DOT_STRING}|{_QUOTED})(?:@(?:{_DOMAIN}|{_LITERAL}))?|)>(?: +(.*))?"
)
#: esmtp-param = esmtp-keyword ["=" esmtp-value]
PARAMETER: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9\-]*)(?:=([!-<>-~\u0080-\U0010ffff]+))?")
#: A local part that needs no quotes.
PLAIN_LOCAL: Final = re.compile(_DOT_STRING)
#: What a client may call itself: a domain or an address literal; anything else printable is shown as "?".
HELLO: Final = re.compile(rf"(?:{_DOMAIN}|{_LITERAL})")
#: BDAT: chunk-size [ SP "LAST" ], RFC 3030 section 2
CHUNK: Final = re.compile(r"([0-9]{1,10})( +LAST)?", re.IGNORECASE)

#: RFC 5321 4.5.3.1.1 and 4.5.3.1.2, in octets.
MAX_LOCAL: Final = 64
MAX_DOMAIN: Final = 255
