"""Objects of a stream go into a mailbox.

Spec: reference/system/cli.md, "gromox-import"; store.md section 11.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.base.errors import GromoxError
from gromox.convert.mt import UNANCHORED, FolderFrame, MessageFrame, NameFrame
from gromox.mapi import named, tags
from gromox.store.errors import ExistsError, StoreError
from gromox.store.folder import MAX_NAME
from gromox.store.model import Delivery, NewMail
from gromox.store.property.keyword import MAX_CATEGORIES, keyword_of
from gromox.store.rule.model import Addressed
from gromox.store.session.actor import SYSTEM
from gromox.store.session.session import StoreSession
from gromox.tools.mt.mailflags import flags_of

if TYPE_CHECKING:
    from gromox.convert.mt import Frame, Prologue
    from gromox.mapi.message import PropertyBag
    from gromox.store.mailbox import Mailbox
    from gromox.tools.mt.journal import Journal
    from gromox.tools.mt.report import Report

#: Mails that are added in one transaction, and their octets.
_BATCH: Final = 100
_BATCH_OCTETS: Final = 16 << 20
_EPOCH: Final = 11_644_473_600
_TICKS: Final = 10_000_000
_SEARCH_FOLDER: Final = 2
_MAIL_CLASS: Final = "IPF.Note"
_ANONYMOUS, _EVERYBODY = -1, 0
_ASSOCIATED: Final = 0x40  #: PidTagMessageFlags, [MS-OXCMSG] 2.2.1.6
_FIRST_NAMED: Final = 0x8000
#: What an item has by its place in a mailbox, and gets anew.
_NOT_IMPORTED: Final = (
    tags.PidTagEntryId,
    tags.PidTagParentEntryId,
    tags.PidTagSourceKey,
    tags.PidTagParentSourceKey,
    tags.PidTagChangeKey,
    tags.PidTagPredecessorChangeList,
    tags.PidTagStoreEntryId,
    tags.PidTagStoreRecordKey,
    tags.PidTagRecordKey,
    tags.PidTagMid,
    tags.PidTagChangeNumber,
    tags.PidTagMessageSize,
    tags.PidTagAccess,
    tags.PidTagAccessLevel,
)


class ImportFailedError(GromoxError):
    """An object could not be imported, and the run ends there."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How it is done."""

    base: int  #: folder of what is unanchored
    go_on: bool = False  #: after an error
    tolerate: bool = False  #: folders that are there already
    deliver: bool = False  #: as if mails had just come in
    rules: bool = True  #: with ``deliver``: by the rules of the folder
    show_ids: bool = False


@dataclass(slots=True)
class _Batch:
    """Mails of one folder that wait for their transaction."""

    folder_id: int = 0
    frames: list[MessageFrame] = field(default_factory=list)
    mails: list[NewMail] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    octets: int = 0


class MailboxOutput:
    """Writes objects into one mailbox."""

    def __init__(
        self, mailbox: Mailbox, prologue: Prologue, options: ImportOptions, report: Report, journal: Journal
    ) -> None:
        """Make the folders that the prologue names.

        Raises:
            ImportFailedError: one of them is there already, or cannot be made.
        """
        self._mailbox, self._options, self._report, self._journal = mailbox, options, report, journal
        self._session = StoreSession.of(mailbox, SYSTEM)
        self._folders: dict[int, int] = {}
        self._batch = _Batch()
        self._number = 0
        for row in prologue.folders:
            target = row.target_id
            if row.create:
                target = self._make(target, row.name, _MAIL_CLASS)
            self._folders[row.source_id] = target

    def take(self, frame: Frame) -> None:
        """Import one object.

        Raises:
            ImportFailedError: it could not be, and the run does not go on after errors.
        """
        self._number += 1
        if isinstance(frame, NameFrame):
            return
        where = _where(frame, self._number)
        try:
            if isinstance(frame, FolderFrame):
                self._folder(frame)
            elif not self._journal.knows(frame.parent.source_id, frame.source_id):
                self._message(frame, where)
        except (GromoxError, ValueError) as error:
            self._failed(where, error)

    def finish(self) -> None:
        """Write what waits and make everything durable."""
        self._flush()
        self._mailbox.sync()

    def _failed(self, where: str, error: Exception) -> None:
        if not self._options.go_on:
            raise ImportFailedError(f"{where}: {error} (-c goes on after errors)") from error
        self._report.skip(where, error)

    def _folder(self, frame: FolderFrame) -> None:
        self._flush()
        bag = frame.properties
        if frame.source_id in self._folders:
            # The source maps it to a folder that is there.
            target = self._folders[frame.source_id]
        elif bag.number(tags.PidTagFolderType) == _SEARCH_FOLDER:
            raise ImportFailedError("a search folder: what it shows is imported where it stands")
        else:
            parent = self._target(frame.parent.source_id)
            container = bag.text(tags.PidTagContainerClass) or _MAIL_CLASS
            is_known = self._journal.knows(frame.parent.source_id, frame.source_id)
            target = self._make(parent, bag.text(tags.PidTagDisplayName), container, tolerate=is_known)
            self._folders[frame.source_id] = target
        for row in frame.permissions:
            user, rights = _permission(row.properties)
            if user is not None:
                self._mailbox.set_rights(target, user, rights)
        self._mailbox.sync()
        self._journal.add([frame])
        self._report.folder()

    def _make(self, parent_id: int, name: str, container_class: str, *, tolerate: bool = False) -> int:
        clean = "".join(one if one.isprintable() else " " for one in name).strip()[:MAX_NAME] or "Folder"
        try:
            return self._mailbox.create_folder(parent_id, clean, container_class=container_class).folder_id
        except ExistsError:
            known = self._mailbox.child(parent_id, clean)
            if known is None or not (tolerate or self._options.tolerate or len(self._journal)):
                raise ImportFailedError(f"there is a folder '{clean}' already (-x tolerates that)") from None
            return known.folder_id

    def _target(self, source_id: int) -> int:
        if source_id == UNANCHORED:
            return self._options.base
        target = self._folders.get(source_id)
        if target is None:
            raise ImportFailedError("its folder was not imported")
        return target

    def _message(self, frame: MessageFrame, where: str) -> None:
        target = self._target(frame.parent.source_id)
        if frame.mail is None:
            self._flush()
            self._item(target, frame, where)
            return
        octets = b"".join(frame.mail.chunks())
        bag = frame.message.properties
        mail = NewMail(
            octets,
            flags=flags_of(bag),
            keywords=_keywords(bag),
            internal_date=_moment(bag),
        )
        if self._options.deliver:
            self._flush()
            self._deliver(mail, target, f"import-{frame.parent.source_id}-{frame.source_id or self._number}")
            self._done([frame])
            return
        batch = self._batch
        if batch.folder_id != target or len(batch.mails) >= _BATCH or batch.octets >= _BATCH_OCTETS:
            self._flush()
            self._batch = batch = _Batch(target)
        batch.frames.append(frame)
        batch.mails.append(mail)
        batch.names.append(where)
        batch.octets += len(octets)

    def _deliver(self, mail: NewMail, folder_id: int, token: str) -> None:
        """Deliver a mail; nobody is answered, and what rules send goes out with the next delivery."""
        addressed = None
        if self._options.rules and self._mailbox.wants_handling(folder_id):
            owner = self._mailbox.owner
            addressed = Addressed("", owner, frozenset({owner.casefold()}))
        (result,) = self._mailbox.deliver_many([Delivery(mail, folder_id, token, addressed)])
        if isinstance(result, StoreError):
            raise result

    def _flush(self) -> None:
        batch, self._batch = self._batch, _Batch()
        if not batch.mails:
            return
        try:
            added = self._mailbox.append(batch.folder_id, batch.mails)
        except StoreError:
            # One of them is to blame: the others go in alone.
            for frame, mail, where in zip(batch.frames, batch.mails, batch.names, strict=True):
                try:
                    self._mailbox.append(batch.folder_id, [mail])
                    self._done([frame])
                except StoreError as error:
                    self._failed(where, error)
            return
        if self._options.show_ids:
            for uid, where in zip(added.uids, batch.names, strict=True):
                self._report.note(f"{where}: folder {batch.folder_id:#x}, uid {uid}")
        self._done(batch.frames)

    def _done(self, frames: list[MessageFrame]) -> None:
        self._mailbox.sync()
        self._journal.add([*frames])
        for frame in frames:
            self._report.message(frame.mail.size if frame.mail is not None else 0)

    def _item(self, target: int, frame: MessageFrame, where: str) -> None:
        """Add an item that has no Internet form."""
        message = frame.message
        bag = message.properties
        is_associated = bool(bag.number(tags.PidTagMessageFlags) & _ASSOCIATED)
        for tag in _NOT_IMPORTED:
            bag.pop(tag, None)
        # Identifiers of the source mean nothing here.
        for key in [key for key in bag if isinstance(key, int) and key >> 16 >= _FIRST_NAMED]:
            del bag[key]
        saved = self._session.create_message(target, message, associated=is_associated)
        if self._options.show_ids:
            self._report.note(f"{where}: folder {target:#x}, message {saved.mid:#x}")
        self._done([frame])


def _where(frame: FolderFrame | MessageFrame, number: int) -> str:
    bag = frame.properties if isinstance(frame, FolderFrame) else frame.message.properties
    name = bag.text(tags.PidTagDisplayName if isinstance(frame, FolderFrame) else tags.PidTagSubject)
    kind = "folder" if isinstance(frame, FolderFrame) else "message"
    return f"object {number}, {kind} '{name}'"


def _moment(bag: PropertyBag) -> float | None:
    """Return when a mail came in, or was sent, as Unix seconds."""
    for tag in (tags.PidTagMessageDeliveryTime, tags.PidTagClientSubmitTime):
        ticks = bag.number(tag)
        if ticks:
            return max(ticks / _TICKS - _EPOCH, 0.0)
    return None


def _keywords(bag: PropertyBag) -> frozenset[str]:
    """Return the categories as keywords, as many as a mail can have."""
    words = map(keyword_of, bag.texts(named.PidNameKeywords))
    return frozenset(list(dict.fromkeys(filter(None, words)))[:MAX_CATEGORIES])


def _permission(bag: PropertyBag) -> tuple[str | None, int]:
    """Return whose rights a row tells, and which; None: nobody that is known here."""
    rights = bag.number(tags.PidTagMemberRights)
    member = bag.get(tags.PidTagMemberId)
    if member == _EVERYBODY:
        return "default", rights
    if member in (_ANONYMOUS, (1 << 64) - 1):
        return "", rights
    address = bag.text(tags.PidTagSmtpAddress) or bag.text(tags.PidTagMemberName)
    return (address, rights) if "@" in address else (None, rights)
