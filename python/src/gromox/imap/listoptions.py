"""Arguments of LIST with its extensions, and their grammar. RFC 3501 6.3.8, RFC 5258, RFC 5819, RFC 6154."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap.errors import BadCommandError
from gromox.imap.metadata import parse_entries

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.imap.parser import Parser

MAX_PATTERNS: Final = 100

#: list-select-opt of RFC 5258 and RFC 6154. REMOTE adds nothing where no mailbox is remote.
SELECTION: Final = frozenset({b"SUBSCRIBED", b"REMOTE", b"RECURSIVEMATCH", b"SPECIAL-USE"})
#: return-option of RFC 5258, RFC 6154, RFC 5819, RFC 8440 and RFC 9590.
RETURN: Final = frozenset({b"SUBSCRIBED", b"CHILDREN", b"SPECIAL-USE", b"STATUS", b"MYRIGHTS", b"METADATA"})
#: Those of them that do not follow from names, subscriptions and special uses.
BEYOND_NAMES: Final = frozenset({b"STATUS", b"MYRIGHTS", b"METADATA"})


@dataclass(frozen=True, slots=True)
class Listing:
    """What to list, and what to say of it; ``extended``: the client used the syntax of RFC 5258."""

    reference: str
    patterns: tuple[str, ...]
    selection: frozenset[bytes] = frozenset()
    returned: frozenset[bytes] = frozenset()
    status: tuple[bytes, ...] = ()
    metadata: tuple[str, ...] = ()
    extended: bool = False


def parse_listing(p: Parser) -> Listing:
    """``SP mailbox SP list-mailbox``: the arguments of LSUB and XLIST."""
    p.space()
    reference = p.list_mailbox()
    p.space()
    pattern = p.list_mailbox()
    p.end()
    return Listing(reference, (pattern,))


def parse_extended_listing(p: Parser, read_status: Callable[[Parser], tuple[bytes, ...]]) -> Listing:
    """``[SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]``."""
    p.space()
    selection: list[bytes] = []
    patterns: list[str] = []
    returned: list[bytes] = []
    status: list[bytes] = []
    metadata: list[str] = []
    extended = p.peek(b"(")
    if extended:
        p.parenthesised(lambda: selection.append(p.word()))
        p.space()
    reference = p.list_mailbox()
    p.space()
    if p.peek(b"("):
        extended = True
        p.parenthesised(lambda: patterns.append(p.list_mailbox()), limit=MAX_PATTERNS)
    else:
        patterns.append(p.list_mailbox())

    def return_option() -> None:
        returned.append(p.word())
        if returned[-1] == b"STATUS":
            p.space()
            status.extend(read_status(p))
        elif returned[-1] == b"METADATA":
            p.space()
            metadata.extend(parse_entries(p))

    if p.accept_word(b" RETURN "):
        extended = True
        p.parenthesised(return_option)
    p.end()
    if not set(selection) <= SELECTION or not set(returned) <= RETURN:
        raise BadCommandError("no such LIST option")
    if b"RECURSIVEMATCH" in selection and not {b"SUBSCRIBED", b"SPECIAL-USE"} & set(selection):
        raise BadCommandError("RECURSIVEMATCH needs another selection option")
    return Listing(
        reference,
        tuple(patterns),
        frozenset(selection),
        frozenset(returned),
        tuple(status),
        tuple(metadata),
        extended=extended,
    )
