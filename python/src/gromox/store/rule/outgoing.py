"""Mails that leave a mailbox: kept from the commit that caused them until they are in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.store import append, expunge
from gromox.store.content import Content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gromox.store.content import StagedContent
    from gromox.store.mailbox_file import MailboxFile, Write

_INSERT: Final = "INSERT OR IGNORE INTO outgoing VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
_SELECT: Final = (
    "SELECT o.outgoing_id, o.token, o.sender, o.recipients, o.delegated_for, o.prefix,"
    " o.created_at, c.size, c.storage, c.hash, c.data"
    " FROM outgoing o LEFT JOIN contents c USING (content_id) ORDER BY o.outgoing_id LIMIT ?"
)
_MAX_AT_ONCE: Final = 256
_SUBMISSION: Final = "submit-"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail to be sent."""

    token: str
    """The same mail has the same token."""
    sender: str
    """The reverse-path; empty: the null one."""
    recipients: tuple[str, ...]
    prefix: bytes
    """The whole mail, or what stands before the original one."""
    with_original: bool = False
    """Whether the mail that caused it follows, octet for octet."""
    delegated_for: str = ""
    """For whom the recipients act: a rule passed the mail to them as delegates."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An outgoing mail as it stands in the mailbox."""

    outgoing_id: int
    token: str
    sender: str
    recipients: tuple[str, ...]
    delegated_for: str
    prefix: bytes
    content: Content | None
    created: int = 0
    """Unix seconds."""

    @property
    def is_submission(self) -> bool:
        """Tell whether somebody sends it, not a rule."""
        return self.token.startswith(_SUBMISSION)

    def chunks(self) -> Iterator[bytes]:
        """Go through the octets of the mail."""
        yield self.prefix
        if self.content is not None:
            yield from self.content.chunks()


def keep(tx: Write, mails: Iterable[Outgoing], original: bytes, staged: StagedContent | None) -> None:
    """Write down what is to be sent, in the transaction that causes it."""
    for mail in mails:
        content_id = append.keep_content(tx, original, staged) if mail.with_original else None
        recipients = "\n".join(mail.recipients)
        tx.file.execute(
            _INSERT,
            (mail.token, mail.sender, recipients, mail.delegated_for, mail.prefix, content_id, int(tx.now)),
        )


def submission_token(file: MailboxFile, mid: int, cn: int) -> str:
    """Return the token of a message that is sent: the same version is sent once."""
    return f"{_SUBMISSION}{file.guid.hex}-{mid:x}-{cn:x}"


def keep_held(tx: Write, mail: Outgoing, content_id: int) -> None:
    """Write down a mail whose octets stand in a content."""
    recipients = "\n".join(mail.recipients)
    tx.file.execute(
        _INSERT,
        (mail.token, mail.sender, recipients, mail.delegated_for, mail.prefix, content_id, int(tx.now)),
    )


def claim(file: MailboxFile) -> list[Waiting]:
    """Return what is to be sent; what others are about to commit is waited for.

    Who finds nothing may forget that somebody said there was something.
    """
    with file.write(durable=True, scanned=False):
        pass
    # Others may have committed it and not have synced: it leaves only once it is durable.
    file.mark_undurable()
    return waiting(file)


def is_waiting(file: MailboxFile) -> bool:
    """Tell whether something is to be sent, perhaps since a crash."""
    return file.execute("SELECT 1 FROM outgoing LIMIT 1").fetchone() is not None


def waiting(file: MailboxFile) -> list[Waiting]:
    """Return what is to be sent, the oldest first; at most some hundred at once."""
    return [
        Waiting(
            outgoing_id,
            token,
            sender,
            tuple(recipients.split("\n")),
            delegated_for,
            prefix,
            Content(file.path / "cid", *content) if content[0] is not None else None,
            created,
        )
        for outgoing_id, token, sender, recipients, delegated_for, prefix, created, *content in file.execute(
            _SELECT, (_MAX_AT_ONCE,)
        ).fetchall()
    ]


def forget(file: MailboxFile, outgoing_ids: Sequence[int]) -> None:
    """Remove what is in the queue now."""
    if not outgoing_ids:
        return
    marks = ", ".join("?" * len(outgoing_ids))
    with file.write(durable=True, quiet=True, scanned=False) as tx:
        tx.next_cn()
        rows = file.execute(
            f"SELECT content_id FROM outgoing WHERE outgoing_id IN ({marks}) AND content_id IS NOT NULL",
            tuple(outgoing_ids),
        ).fetchall()
        file.execute(f"DELETE FROM outgoing WHERE outgoing_id IN ({marks})", tuple(outgoing_ids))
        expunge.release(file, [row[0] for row in rows])
