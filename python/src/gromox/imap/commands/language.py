"""LANGUAGE: in which language the server speaks to people. RFC 5255 section 3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.imap.catalogue import TAGS, chosen
from gromox.imap.commands.namespace import namespaces
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.machine import ANY, State
from gromox.imap.replies import Languages, Reply

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.session import Session

MAX_RANGES: Final = 50
#: language-range = (1*8ALPHA *("-" 1*8alphanum)) / "*", RFC 4647 section 2.1
_RANGE: Final = re.compile(rb"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,10}|\*")
#: A locale such as ``de_DE.UTF-8``.
_LOCALE: Final = re.compile(r"[_.@]")


def parse_language(p: Parser) -> tuple[str, ...]:
    """``LANGUAGE *(SP lang-range-quoted)``."""
    ranges: list[str] = []
    while not p.at_end() and len(ranges) < MAX_RANGES:
        p.space()
        octets = p.astring()
        if _RANGE.fullmatch(octets) is None:
            raise BadCommandError("that is no language range")
        ranges.append(octets.decode("ascii"))
    p.end()
    return tuple(ranges)


@command("LANGUAGE", ANY, parse_language)
def language(session: Session, ranges: tuple[str, ...]) -> Reply:
    """Speak another language from now on, or say which there are.

    Spec:
        RFC 5255 3.2, 3.3, 3.4 (NAMESPACE with translations). The default is the language of the user, else
        that of ``default_lang``; until a client asks for it, English is spoken (i-default).
    """
    if not ranges:
        return Reply("these are the languages", [Languages(TAGS)])
    tag = chosen(ranges, _preferred(session))
    if tag is None:
        raise CommandError("that language is not spoken here")
    logged_in = session.state is not State.NOT_AUTHENTICATED
    where = [namespaces(session, tag)] if logged_in else []
    session.language = tag
    return Reply("the language is changed", [Languages((tag,)), *where])


def _preferred(session: Session) -> str:
    """Return the language that a user or else the administrator likes best, of those that are spoken."""
    own = "" if session.account is None else session.account.lang
    wanted = [_LOCALE.split(each)[0] for each in (own, session.policy.language)]
    return chosen([each for each in wanted if each.lower() != "default"], TAGS[0]) or TAGS[0]
