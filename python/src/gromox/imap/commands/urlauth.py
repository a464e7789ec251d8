"""GENURLAUTH and RESETKEY: URLs of messages that others may use, and the keys that sign them. RFC 4467."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.log import get_logger
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.imapurl import Rump, parse_rump
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Ready, Reply, Status, Stream
from gromox.imap.rights import require
from gromox.imap.serialize import string
from gromox.imap.tree import tree_of
from gromox.imap.urlauth import MECHANISM, URLMECH, full_name, signed
from gromox.store.errors import StoreError
from gromox.store.permission import Right

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.base.wire import Piece
    from gromox.imap.parser import Parser
    from gromox.imap.session import Session
    from gromox.store.mailbox import Mailbox

log = get_logger("imap")

#: URLs of one command.
MAX_URLS: Final = 200
MAX_MECHANISMS: Final = 20


class _Signable(NamedTuple):
    """A URL and whose key signs it."""

    rump: Rump
    mailbox: Mailbox
    folder_id: int


def parse_genurlauth(p: Parser) -> tuple[bytes, ...]:
    """``GENURLAUTH 1*(SP url-rump SP mechanism)``."""
    urls: list[bytes] = []
    while not urls or not p.at_end():
        if len(urls) >= MAX_URLS:
            raise BadCommandError(f"at most {MAX_URLS} URLs at once")
        p.space()
        urls.append(p.astring())
        p.space()
        _mechanism(p)
    return tuple(urls)


def _mechanism(p: Parser) -> None:
    if p.word() != MECHANISM:
        raise BadCommandError("the mechanism is INTERNAL")


@command("GENURLAUTH", AUTHENTICATED, parse_genurlauth, durable=True)
def genurlauth(session: Session, urls: tuple[bytes, ...]) -> Reply:
    """Sign URLs with the user's keys, which are made where there are none.

    Spec:
        RFC 4467 section 5 and BASE.6.3.GENURLAUTH: the mailbox is there, the user of the URL is the owner of
        the mailbox that is open, and there is an access identifier; else BAD. Whether the message is there,
        and whether there is a user of the name behind ``user+``, is seen when the URL is used. The server of
        the URL may have any name, as this one does (decision 44).
    """
    signable = [_signable(session, octets) for octets in urls]
    out = []
    for rump, mailbox, folder_id in signable:
        key = mailbox.url_key(folder_id)
        out.append(string(signed(rump, mailbox.renew_url_key(folder_id) if key is None else key)))
    return Reply("GENURLAUTH completed", [Ready(b"* GENURLAUTH %b\r\n" % b" ".join(out))])


def _signable(session: Session, octets: bytes) -> _Signable:
    rump = parse_rump(octets)
    if rump is None:
        raise BadCommandError("that is no URL of a message with user and access identifier")
    own, account = session.mailbox, session.account
    if account is None or own.is_guest or not _is_owner(session, full_name(rump.owner, account), own):
        raise BadCommandError("the user of the URL is not the one whose mailbox is open")
    place = session.locate(rump.url.mailbox)
    found = tree_of(place.mailbox).find(place.name)
    if found is None or not found.selectable:
        raise BadCommandError("there is no such mailbox")
    folder_id = found.folder.folder_id
    require(place.mailbox, folder_id, Right.READ_ANY)
    return _Signable(rump, place.mailbox, folder_id)


def _is_owner(session: Session, name: str, own: Mailbox) -> bool:
    """Tell whether a name is that of the owner: also the other name under which the owner logged in."""
    owner, account = own.username.casefold(), session.account
    if name.casefold() == owner:
        return True
    is_self = account is not None and account.username.casefold() == owner
    return is_self and name.casefold() == session.user.casefold()


def parse_resetkey(p: Parser) -> str | None:
    """``RESETKEY [SP mailbox *(SP mechanism)]``."""
    if p.at_end():
        return None
    p.space()
    name = p.mailbox()
    count = 0
    while not p.at_end() and count < MAX_MECHANISMS:
        p.space()
        _mechanism(p)
        count += 1
    p.end()
    return name


@command("RESETKEY", AUTHENTICATED, parse_resetkey, durable=True)
def resetkey(session: Session, name: str | None) -> Reply | Stream:
    """Make a new key for a mailbox, or remove all keys of the user: URLs signed before are void.

    Spec:
        RFC 4467 BASE.6.3.RESETKEY; BASE.7.1.URLMECH and section 10: the code is sent over TLS alone.
    """
    if name is None:
        return _forget_all(session)
    place = session.locate(name)
    folder_id = tree_of(place.mailbox).selectable(place.name).folder_id
    place.mailbox.renew_url_key(folder_id)
    return Reply("the key of the mailbox is new", code=URLMECH if session.tls else b"")


def _forget_all(session: Session) -> Stream:
    """Remove the user's keys from the own mailbox and from those of others that the user can reach."""
    places = session.places
    around = places.neighbours()
    kept: list[str] = []

    def steps() -> Iterator[Sequence[Piece]]:
        places.own.forget_url_keys()
        for neighbour in around:
            yield ()
            try:
                places.open(neighbour).forget_url_keys()
            except StoreError as error:
                log.warning("keys not removed", user=session.user, mailbox=neighbour.path, reason=error)
                kept.append(neighbour.prefix)

    def done() -> Reply:
        if not kept:
            return Reply("all keys are removed")
        # What was signed is good again as soon as the mailbox is.
        return Reply("some mailboxes cannot be opened now; keys are left in them", status=Status.NO)

    return Stream(steps(), done)
