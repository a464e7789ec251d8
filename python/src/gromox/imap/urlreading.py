"""Reading what signed URLs name: on behalf of the user of the URL, whoever holds it. RFC 4467 section 7.

Who that user is, and which mailboxes of others that user can reach, waits for the user database; so it is
looked up in a thread, for all URLs of a command at once.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.base.log import get_logger
from gromox.base.wire import Outcome
from gromox.directory.resolve import Mailbox as Owner
from gromox.imap.errors import CommandError, LookUpFirstError
from gromox.imap.imapurl import Authorized, MessageUrl, parse_authorized
from gromox.imap.neighbours import NOBODY
from gromox.imap.places import Places
from gromox.imap.replies import Wait
from gromox.imap.tree import names_of
from gromox.imap.urlauth import full_name, is_genuine, may_use
from gromox.store.errors import NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gromox.imap.neighbours import Neighbourhood
    from gromox.imap.replies import Result
    from gromox.imap.session import Session
    from gromox.store.mailbox import Mailbox

log = get_logger("imap")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a message lies that a URL names."""

    mailbox: Mailbox
    folder_id: int
    url: MessageUrl


class UrlReader:
    """Finds what the signed URLs of one command name, once their users are known."""

    __slots__ = ("_around", "_owners", "_session")

    def __init__(
        self, session: Session, owners: Mapping[str, Owner], around: Mapping[str, Neighbourhood]
    ) -> None:
        """Take the users by the names in the URLs, and what is around them."""
        self._session, self._owners, self._around = session, owners, around

    @contextmanager
    def opened(self, octets: bytes) -> Iterator[Spot | None]:
        """Give the place of what a signed URL names while the context lasts; None if it is not good.

        Spec:
            RFC 4467 section 6, and 7 (URLFETCH): with the access of the URL's user as it is now.
        """
        signed = parse_authorized(octets)
        if signed is None or not may_use(self._session, signed.rump):
            yield None
            return
        owner = self._owners.get(signed.rump.owner)
        places = None if owner is None else self._places(signed.rump.owner, owner)
        try:
            yield _spot(places, signed)
        finally:
            if places is not None:
                places.release()

    def _places(self, name: str, owner: Owner) -> Places | None:
        services = self._session.services
        try:
            own = services.open_mailbox(owner.maildir)
        except StoreError as error:
            log.info("mailbox of a URL", user=owner.username, reason=error)
            return None
        places = Places(services, owner, own)
        places.looked(Outcome(self._around.get(name, NOBODY)))
        return places


def _spot(places: Places | None, signed: Authorized) -> Spot | None:
    """Return where the message lies if the URL is genuine; as much is computed if it is not."""
    url = signed.rump.url
    try:
        if places is None:
            raise NotFoundError("no such user")
        place = places.locate(url.mailbox)
        folder_id = names_of(place.mailbox).selectable(place.name).folder_id
        key, view = place.mailbox.url_key(folder_id), place.mailbox.view(folder_id)
    except (StoreError, CommandError, LookUpFirstError):
        is_genuine(signed, None)
        return None
    if not is_genuine(signed, key):
        return None
    if url.uid_validity not in (None, view.uid_validity) or view.place_of_uid(url.uid) is None:
        return None
    return Spot(place.mailbox, folder_id, url)


def with_reader(session: Session, urls: Iterable[bytes], then: Callable[[UrlReader], Result]) -> Result:
    """Go on with what reads ``urls``, after looking up their users if there are any to look up."""
    wanted: dict[str, bool] = {}
    surroundings = session.services.surroundings
    for octets in urls:
        signed = parse_authorized(octets)
        if signed is None or not may_use(session, signed.rump):
            continue
        outside = surroundings is not None and surroundings.is_outside(signed.rump.url.mailbox)
        wanted[signed.rump.owner] = wanted.get(signed.rump.owner, False) or outside
    if not wanted or session.account is None:
        return then(UrlReader(session, {}, {}))
    account, resolver = session.account, session.services.doorkeeper.resolver

    def look() -> UrlReader:
        owners: dict[str, Owner] = {}
        around: dict[str, Neighbourhood] = {}
        for name, outside in wanted.items():
            owner = resolver.recipient(full_name(name, account))
            if isinstance(owner, Owner):
                owners[name] = owner
                if outside and surroundings is not None:
                    around[name] = surroundings.of(owner)
        return UrlReader(session, owners, around)

    def looked(outcome: Outcome) -> Result:
        if outcome.error is not None:
            raise outcome.error
        if not isinstance(outcome.value, UrlReader):
            raise TypeError("the outcome of a look is a reader")
        return then(outcome.value)

    return Wait(look, looked)
