"""Commands that move what a mailbox keeps for programs: picture, settings of the web client, its profile."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import InputError, NoMatchError
from gromox.mapi import tags
from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, StoreSession
from gromox.tools.mbop.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.tools.mbop.command import Job

_MAX_PHOTO: Final = 5 << 20
_MAX_SETTINGS: Final = 4 << 20
_PROFILE: Final = ("config", "zarafa.dat")
_PORTRAIT: Final = ("config", "portrait.jpg")
#: What the web client keeps as JSON in the mailbox.
SETTINGS: Final = {
    "websettings": 0x6772001F,
    "websettings-recipients": 0x6773001F,
    "websettings-persistent": 0x6774001F,
}
_WHAT: Final = {
    "websettings": "settings of the web client",
    "websettings-recipients": "recipients that the web client has learned",
    "websettings-persistent": "persistent settings of the web client",
}


def get_photo(job: Job) -> None:
    """Write the picture of the user to standard output."""
    with Mailbox.open(job.path) as mailbox:
        found = StoreSession.of(mailbox, SYSTEM).store_properties([tags.PidTagThumbnailPhoto])
    octets = found.get(tags.PidTagThumbnailPhoto)
    legacy = job.path.joinpath(*_PORTRAIT)
    if not isinstance(octets, bytes) and legacy.is_file():
        octets = legacy.read_bytes()
    if not isinstance(octets, bytes):
        raise NoMatchError(f"{job.target.name} has no picture")
    sys.stdout.flush()
    sys.stdout.buffer.write(octets)
    sys.stdout.buffer.flush()


def set_photo(job: Job) -> None:
    """Take the picture of the user from standard input."""
    octets = sys.stdin.buffer.read(_MAX_PHOTO + 1)
    if not 0 < len(octets) <= _MAX_PHOTO:
        raise InputError(f"expected a picture of 1 to {_MAX_PHOTO} octets on standard input")
    with Mailbox.open(job.path) as mailbox:
        StoreSession.of(mailbox, SYSTEM).set_store_properties({tags.PidTagThumbnailPhoto: octets})
        mailbox.sync()
    job.note(f"{job.target.name}: picture of {len(octets)} octets")


def clear_photo(job: Job) -> None:
    """Remove the picture of the user."""
    with Mailbox.open(job.path) as mailbox:
        StoreSession.of(mailbox, SYSTEM).delete_store_properties([tags.PidTagThumbnailPhoto])
        mailbox.sync()
    job.path.joinpath(*_PORTRAIT).unlink(missing_ok=True)
    job.note(f"{job.target.name}: no picture any more")


def clear_profile(job: Job) -> None:
    """Remove the profile of the web client; it makes a new one when it is used next."""
    path = job.path.joinpath(*_PROFILE)
    existed = path.exists()
    path.unlink(missing_ok=True)
    job.note(f"{job.target.name}: {'profile removed' if existed else 'there was no profile'}")


def _getter(tag: int) -> Callable[[Job], None]:
    def run(job: Job) -> None:
        with Mailbox.open(job.path) as mailbox:
            found = StoreSession.of(mailbox, SYSTEM).store_properties([tag])
        job.say(str(found.get(tag, "{}")))

    return run


def _setter(tag: int) -> Callable[[Job], None]:
    def run(job: Job) -> None:
        octets = sys.stdin.buffer.read(_MAX_SETTINGS + 1)
        if len(octets) > _MAX_SETTINGS:
            raise InputError(f"expected at most {_MAX_SETTINGS} octets on standard input")
        try:
            text = octets.decode("utf-8").strip()
            json.loads(text)
        except (ValueError, RecursionError):
            raise InputError("expected JSON in UTF-8 on standard input") from None
        with Mailbox.open(job.path) as mailbox:
            StoreSession.of(mailbox, SYSTEM).set_store_properties({tag: text})
            mailbox.sync()

    return run


COMMANDS: Final = (
    Command("clear-photo", "Remove the picture of the user.", clear_photo),
    Command("clear-profile", "Remove the profile of the web client.", clear_profile),
    Command("get-photo", "Write the picture of the user to standard output.", get_photo),
    Command("set-photo", "Take the picture of the user from standard input.", set_photo),
    *[
        Command(f"get-{name}", f"Print the {_WHAT[name]} (JSON).", _getter(tag))
        for name, tag in SETTINGS.items()
    ],
    *[
        Command(f"set-{name}", f"Take the {_WHAT[name]} (JSON) from standard input.", _setter(tag))
        for name, tag in SETTINGS.items()
    ],
)
