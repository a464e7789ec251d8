"""The content of a mail: from the wire into the spool, within the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.lmtp import replies
from gromox.lmtp.answers import answer_to
from gromox.lmtp.dotted import DotDecoder
from gromox.lmtp.session import Session, Transfer
from gromox.lmtp.settings import MAIL_MAX_LENGTH, MAX_RECEIVED
from gromox.lmtp.trace import HopCounter, literal, protocol_name, received
from gromox.store.errors import NoSpaceError

if TYPE_CHECKING:
    from gromox.lmtp.replies import Reply
    from gromox.lmtp.services import Draft
    from gromox.lmtp.session import Transaction

#: How the spool says that it cannot.
SPOOL_ERRORS: Final = (NoSpaceError, OSError)


def begin(session: Session, transaction: Transaction) -> Transfer:
    """Begin to take the content of the mail that has its sender and recipients."""
    services, peer = session.services, session.peer
    recipients = list(dict.fromkeys(transaction.recipients))
    protocol = protocol_name(
        lmtp=session.lmtp, extended=session.extended, tls=peer.tls, utf8="SMTPUTF8" in transaction.options
    )
    draft = services.spool.begin(
        sender=transaction.sender,
        recipients=recipients,
        client=f"{literal(peer.address)} ({session.hello})",
        protocol=protocol,
        options=transaction.options,
    )
    trace = received(
        hello=session.hello,
        address=peer.address,
        host=services.host,
        protocol=protocol,
        mail_id=draft.mail_id,
        recipient=recipients[0] if len(recipients) == 1 else "",
        time=services.clock.now(),
    )
    transfer = transaction.transfer = Transfer(draft, DotDecoder(), HopCounter())
    _write(session, transfer, trace)
    return transfer


def add(session: Session, transfer: Transfer, content: bytes) -> None:
    """Take some content; what breaks a limit is received to its end and refused there."""
    transfer.size += len(content)
    if transfer.failure is not None:
        return
    if transfer.size > session.services.settings[MAIL_MAX_LENGTH]:
        fail(transfer, replies.TOO_LARGE)
        return
    transfer.hops.feed(content)
    _write(session, transfer, content)


def finish(session: Session, transfer: Transfer) -> tuple[Reply, Draft | None]:
    """End the content; return the answer, and the draft if the answer promises that it is kept."""
    if transfer.failure is None and transfer.hops.finish() > session.services.settings[MAX_RECEIVED]:
        fail(transfer, replies.LOOP)
    draft = transfer.draft
    if draft is None or transfer.failure is not None:
        return transfer.failure or replies.INTERNAL_ERROR, None
    transfer.draft = None  # it is the spool's now: a reset must not abandon it
    try:
        draft.finish()
    except SPOOL_ERRORS as error:
        return answer_to_spool(session, error), None
    return replies.Reply(250, "2.0.0", f"OK, spooled as {draft.mail_id}"), draft


def fail(transfer: Transfer, reply: Reply) -> None:
    """Refuse the mail at its end, whatever else it holds."""
    transfer.failure = transfer.failure or reply
    if transfer.draft is not None:
        transfer.draft.abandon()
        transfer.draft = None


def _write(session: Session, transfer: Transfer, octets: bytes) -> None:
    if transfer.draft is None:
        return
    try:
        transfer.draft.write(octets)
    except SPOOL_ERRORS as error:
        transfer.draft = None
        transfer.failure = answer_to_spool(session, error)


def answer_to_spool(session: Session, error: Exception) -> Reply:
    """Return the answer to a failure of the spool, and log it."""
    session.log.error("mail cannot be spooled", reason=error)
    return answer_to(error) or replies.INTERNAL_ERROR
