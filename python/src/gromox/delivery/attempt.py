"""One try of one mail: to mailboxes, then to other systems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.delivery import header as headers
from gromox.delivery import junk, outcome
from gromox.delivery.outcome import Fate, Outcome, reason_of
from gromox.delivery.routing import Local, Remote, Route, routes
from gromox.directory.errors import DirectoryError
from gromox.store.builtin import INBOX, IPM_SUBTREE, Private
from gromox.store.errors import StoreError
from gromox.store.model import NewMail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.delivery.junk import Rule
    from gromox.delivery.outcome import Reason
    from gromox.delivery.queue import Item
    from gromox.delivery.relay import Relay
    from gromox.delivery.touched import Touched
    from gromox.directory.resolve import Resolver
    from gromox.store.mailbox import Mailbox

_log = get_logger("delivery")
#: What a mail may meet on its way that is nobody's defect.
EXPECTED: Final = (StoreError, DirectoryError, OSError)


@dataclass(frozen=True, slots=True)
class Ways:
    """How mail gets anywhere."""

    resolver: Resolver
    relay: Relay
    junk_rules: Sequence[Rule]
    detail_folders: bool  #: user+news@ goes to the folder news


@dataclass(slots=True)
class Attempt:
    """What one try came to; it counts when the mailboxes were synced."""

    item: Item
    header: bytes = b""
    routes: list[Route] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def settle(self, destination: Local | Remote, reason: Reason, *, host: str = "") -> None:
        """Note that a destination was not reached."""
        name = destination.username if isinstance(destination, Local) else destination.address
        self.outcomes.append(
            Outcome(destination.recipient, name, reason.fate, reason.status, reason.text, host=host)
        )

    def fail(self, reason: Reason) -> None:
        """Note one reason for all recipients that are left."""
        self.outcomes = [
            Outcome(address, address, reason.fate, reason.status, reason.text)
            for address in self.item.envelope.pending
        ]
        self.routes = [Route(address, ()) for address in self.item.envelope.pending]


def attempt(item: Item, ways: Ways, touched: Touched) -> Attempt:
    """Try to bring a mail to all who wait for it."""
    found = Attempt(item)
    try:
        _try(found, ways, touched)
    except EXPECTED as error:
        _log.error("mail cannot be read", mail=item.mail_id, reason=error)
        found.fail(reason_of(error) or outcome.DEFECT)
    except Exception as error:  # noqa: BLE001 - one mail must not keep the worker from the others
        _log.exception("delivery failed", error, mail=item.mail_id)
        found.fail(outcome.DEFECT)
    return found


def _try(found: Attempt, ways: Ways, touched: Touched) -> None:
    envelope = found.item.envelope
    mail = found.item.octets()
    found.header = headers.header_of(mail)
    if headers.received_count(found.header) > headers.MAX_RECEIVED:
        found.fail(outcome.LOOP)
        return
    found.routes = routes(ways.resolver, envelope.pending, envelope.sender)
    is_junk = junk.is_junk(ways.junk_rules, found.header)
    remote: list[Remote] = []
    for route in found.routes:
        for destination in route.destinations:
            if isinstance(destination, Local):
                _deliver(found, destination, mail, ways, touched, is_junk=is_junk)
            elif isinstance(destination, Remote):
                remote.append(destination)
            else:
                found.outcomes.append(destination)
    if remote:
        _hand_over(found, remote, mail, ways.relay)


def _deliver(found: Attempt, to: Local, mail: bytes, ways: Ways, touched: Touched, *, is_junk: bool) -> None:
    envelope = found.item.envelope
    try:
        mailbox = touched.get(to.maildir)
        folder_id = _folder(mailbox, to.detail if ways.detail_folders else "", is_junk=is_junk)
        uid = mailbox.deliver(
            NewMail(headers.trace(envelope.sender, to.recipient) + mail, internal_date=envelope.arrival),
            folder_id=folder_id,
            token=f"{envelope.token_base}:{to.username}",
        )
    except EXPECTED as error:
        reason = reason_of(error) or outcome.DEFECT
        _log.warning(
            "not delivered",
            mail=envelope.mail_id,
            recipient=to.recipient,
            mailbox=str(to.maildir),
            status=reason.status,
            reason=error,
        )
        found.settle(to, reason)
        return
    found.outcomes.append(Outcome(to.recipient, to.username, Fate.DONE, mailbox=to.maildir))
    _log.info(
        "delivered" if uid is not None else "delivered before",
        mail=envelope.mail_id,
        recipient=to.recipient,
        user=to.username,
        folder=folder_id,
        size=envelope.size,
    )


def _folder(mailbox: Mailbox, detail: str, *, is_junk: bool) -> int:
    """Return where in a mailbox the mail belongs."""
    if is_junk:
        return int(Private.JUNK)
    if detail:
        for parent in (INBOX, IPM_SUBTREE):
            folder = mailbox.child(parent, detail)
            if folder is not None and not folder.hidden and folder.container_class.startswith("IPF.Note"):
                return folder.folder_id
    return INBOX


def _hand_over(found: Attempt, remote: Sequence[Remote], mail: bytes, relay: Relay) -> None:
    envelope = found.item.envelope
    passed = {value.lower() for value in headers.values(found.header, b"delivered-to")}
    looping = [each for each in remote if each.recipient.lower() in passed]
    for each in looping:
        found.settle(each, outcome.LOOP)
    leaving = [each for each in remote if each not in looping]
    if not leaving:
        return
    mark = "".join(f"Delivered-To: {address}\r\n" for address in _origins(leaving))
    answer = relay.hand_over(envelope.sender, [each.address for each in leaving], mark.encode() + mail)
    for each in leaving:
        reason = answer.refused.get(each.address)
        if reason is None:
            found.outcomes.append(Outcome(each.recipient, each.address, Fate.DONE))
            _log.info("handed on", mail=envelope.mail_id, recipient=each.address, host=answer.host)
        else:
            _log.warning(
                "not handed on",
                mail=envelope.mail_id,
                recipient=each.address,
                status=reason.status,
                reason=reason.text,
            )
            found.settle(each, reason, host=answer.host)


def _origins(leaving: Iterable[Remote]) -> Iterable[str]:
    """Return the addresses here that lead elsewhere: if the mail comes back to one, it goes round."""
    return dict.fromkeys(each.recipient for each in leaving if each.recipient.lower() != each.address.lower())
