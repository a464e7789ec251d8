"""Commands on a mailbox as a whole.

cgkreset, clear-rwz, freeze, renew-uidvalidity, set-locale, sync-midb, thaw.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import InputError
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.share.folder_names import builtin_names, locale_chain
from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, StoreSession
from gromox.tools.mbop.command import Command
from gromox.tools.mbop.folder_spec import resolve

if TYPE_CHECKING:
    import argparse

    from gromox.tools.mbop.command import Job

_RULE_ORGANIZER: Final = "ipm.ruleorganizer"
_MAX_LOCALE: Final = 40


def cgkreset(job: Job) -> None:
    """Give all folders and messages new change numbers and keys: clients synchronise anew."""
    with Mailbox.open(job.path) as mailbox:
        count = mailbox.renumber()
        mailbox.sync()
    job.note(f"{job.target.name}: {count} objects renumbered")


def clear_rwz(job: Job) -> None:
    """Remove what Outlook keeps of its rules beside the rules: its rules organizer."""
    with Mailbox.open(job.path) as mailbox:
        session = StoreSession.of(mailbox, SYSTEM)
        mids = session.folder_messages(Private.INBOX, normal=False, associated=True)
        found = session.properties_of_messages(mids, [tags.PidTagMessageClass])
        gone = [mid for mid, (name,) in found.items() if str(name).lower() == _RULE_ORGANIZER]
        session.delete_messages(Private.INBOX, gone, is_hard=True)
        mailbox.sync()
    job.note(f"{job.target.name}: {len(gone)} rules organizers removed")


def freeze(job: Job) -> None:
    """Stop everything that is done to the mailbox, by whatever daemon, until thaw."""
    with Mailbox.open(job.path) as mailbox:
        if not job.args.no_wait:
            mailbox.checkpoint()
        mailbox.set_frozen(is_frozen=True)
        mailbox.sync()
    job.note(f"{job.target.name}: frozen")


def thaw(job: Job) -> None:
    """Resume what freeze stopped."""
    with Mailbox.open(job.path) as mailbox:
        mailbox.set_frozen(is_frozen=False)
        mailbox.sync()
    job.note(f"{job.target.name}: in use again")


def renew_uid_validity(job: Job) -> None:
    """Tell programs that UIDs mean something else now: after a backup was restored."""
    with Mailbox.open(job.path) as mailbox:
        folder_id = resolve(mailbox, job.args.folder).folder_id if job.args.folder else None
        count = mailbox.renew_uid_validity(folder_id)
        mailbox.sync()
    job.note(f"{job.target.name}: {count} folders with another UIDVALIDITY")


def set_locale(job: Job) -> None:
    """Name the built-in folders in a language, and remember it for the mailbox."""
    locale = job.args.locale
    if not 0 < len(locale) <= _MAX_LOCALE or len(locale_chain(locale)) < 1 or not locale.isascii():
        raise InputError(f"-l {locale}: expected a language such as de or pt_BR")
    with Mailbox.open(job.path) as mailbox:
        if mailbox.is_public:
            raise InputError("the folders of public stores have no other names")
        count = mailbox.set_locale(locale, builtin_names(locale, job.args.data))
        mailbox.sync()
    job.note(f"{job.target.name}: {count} folders renamed")


def sync_midb(job: Job) -> None:
    """Make ahead what others would have to wait for: items as mails, full-text index, search folders."""
    count = 0
    with Mailbox.open(job.path) as mailbox:
        folders = [resolve(mailbox, job.args.folder)] if job.args.folder else mailbox.folders()
        for folder in folders:
            count += mailbox.render(folder.folder_id)
        while mailbox.keep_derived():
            pass
        mailbox.sync()
    job.note(f"{job.target.name}: {count} messages written")


def _freeze_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-wait", action="store_true", help="do not write the log back first")


def _locale_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-l", dest="locale", required=True, metavar="LOCALE", help="xx or xx_YY")
    parser.add_argument("-T", dest="data", type=Path, metavar="DIR", help="folder with folder_names.txt")
    parser.add_argument("-v", dest="verbose", action="store_true", help="accepted; see -v before the command")


def _folder_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", dest="folder", metavar="FOLDER", help="only that folder (default: all)")


COMMANDS: Final = (
    Command("cgkreset", "Give everything new change numbers and change keys.", cgkreset),
    Command("clear-rwz", "Remove the rules organizer of Outlook.", clear_rwz),
    Command("freeze", "Stop everything that is done to the mailbox.", freeze, _freeze_arguments),
    Command(
        "renew-uidvalidity",
        "Have IMAP and POP3 programs fetch anew: after a backup was restored.",
        renew_uid_validity,
        _folder_argument,
    ),
    Command("set-locale", "Name the built-in folders in a language.", set_locale, _locale_arguments),
    Command(
        "sync-midb",
        "Write items as mails, bring the full-text index up to date.",
        sync_midb,
        _folder_argument,
    ),
    Command("thaw", "Resume what freeze stopped.", thaw),
)
