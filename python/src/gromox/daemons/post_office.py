"""By what sessions send: the user database, the spool of the delivery, gromox-timer."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.base.settings import Endpoint, load
from gromox.delivery import settings as delivery_settings
from gromox.delivery.pickup import Pickup
from gromox.directory import homeserver, user
from gromox.directory.errors import DirectoryError, NotFoundError
from gromox.directory.resolve import Mailbox
from gromox.store.errors import BusyError, LimitError
from gromox.store.submission.post import MAX_RECIPIENTS, MAX_SIZE, Person, PostOffice
from gromox.timer import client
from gromox.timer import settings as timer_settings
from gromox.timer.agenda import MAX_INTERVAL, FullError
from gromox.timer.client import TimerError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gromox.directory.resolve import Resolver
    from gromox.store.submission.post import Alarm
    from gromox.timer.agenda import Agenda

_log = get_logger(__name__)
_PROGRAM: Final = "/usr/sbin/gromox-mbop"
#: Distinguished names of users, reference/system/protocols.md section 1.4: domain id, user id, local part.
_USER_DN: Final = re.compile(r".*/cn=recipients/cn=[0-9a-f]{8}([0-9a-f]{8})-([^/]+)", re.IGNORECASE)


class DirectoryBook:
    """See :class:`gromox.store.submission.post.Book`."""

    def __init__(self, resolver: Resolver, host: str) -> None:
        """Answer from a user database, on the node ``host``."""
        self._resolver, self._directory, self._host = resolver, resolver.directory, host

    def person(self, address: str) -> Person | None:
        """See :class:`gromox.store.submission.post.Book`."""
        try:
            found = self._resolver.recipient(address)
            if not isinstance(found, Mailbox) or found.detail:
                return None
            info = user.get(self._directory, found.username)
            is_here = homeserver.elsewhere(self._directory, found.homeserver, self._host) is None
        except NotFoundError:
            return None
        except DirectoryError as error:
            raise BusyError("the user database does not answer") from error
        addresses = {each.casefold() for each in (info.username, *info.aliases)}
        return Person(
            info.username, info.display_name, frozenset(addresses), found.maildir if is_here else None
        )

    def smtp_of(self, address_type: str, address: str) -> str | None:
        """See :class:`gromox.store.submission.post.Book`; addresses of type EX are names of users."""
        found = _USER_DN.fullmatch(address) if address_type.upper() == "EX" else None
        if found is None:
            return None
        try:
            info = user.get_by_id(self._directory, int.from_bytes(bytes.fromhex(found[1]), "little"))
        except NotFoundError:
            return None
        except DirectoryError as error:
            raise BusyError("the user database does not answer") from error
        return info.username if info.username.partition("@")[0].casefold() == found[2].casefold() else None


def command_of(mailbox: Path, mid: int, search: Sequence[Path] = ()) -> str:
    """Return the command that sends a message whose time has come."""
    config = ["--config", str(search[0])] if search else []
    return shlex.join([_PROGRAM, *config, "-d", str(mailbox), "send-deferred", str(mid)])


class TimerAlarm:
    """An alarm by gromox-timer; see :class:`gromox.store.submission.post.Alarm`."""

    def __init__(self, timer: Endpoint, search: Sequence[Path] = ()) -> None:
        """Ask ``timer``; the program that it runs reads its configuration in ``search``."""
        self._timer, self._search = timer, tuple(search)

    def set(self, mailbox: Path, mid: int, seconds: int) -> int:
        """See :class:`gromox.store.submission.post.Alarm`."""
        _check(seconds)
        try:
            return client.add(self._timer, seconds, command_of(mailbox, mid, self._search))
        except TimerError as error:
            _log.error("deferred sending is not possible", reason=error)
            raise BusyError("nothing can be sent later at the moment: the timer does not answer") from error

    def cancel(self, job: int) -> None:
        """See :class:`gromox.store.submission.post.Alarm`."""
        try:
            client.cancel(self._timer, job)
        except TimerError as error:
            _log.warning("a job stays, and will find nothing to do", job=job, reason=error)


class AgendaAlarm:
    """The same for a process that has the agenda of jobs itself."""

    def __init__(self, agenda: Agenda, search: Sequence[Path] = ()) -> None:
        """Enter jobs into ``agenda``; the program that is run reads its configuration in ``search``."""
        self._agenda, self._search = agenda, tuple(search)

    def set(self, mailbox: Path, mid: int, seconds: int) -> int:
        """See :class:`gromox.store.submission.post.Alarm`."""
        _check(seconds)
        try:
            job = self._agenda.add(seconds, command_of(mailbox, mid, self._search))
        except FullError as error:
            raise BusyError(f"nothing can be sent later at the moment: {error}") from error
        self._agenda.journal.sync()
        return job

    def cancel(self, job: int) -> None:
        """See :class:`gromox.store.submission.post.Alarm`."""
        self._agenda.cancel(job)


def _check(seconds: int) -> None:
    if seconds > MAX_INTERVAL:
        raise LimitError(f"a message is sent in {MAX_INTERVAL // 86400} days at the latest")


def pickup_of(search: Sequence[Path] | None) -> Pickup:
    """Return where the delivery hears of mailboxes, by the settings in some folders."""
    return Pickup(load(delivery_settings.PROGRAM, search=search)[delivery_settings.DEQUEUE_PATH])


def timer_of(search: Sequence[Path] | None) -> TimerAlarm:
    """Return the timer, by the settings in some folders."""
    found = load(timer_settings.CLIENT, search=search)
    endpoint = Endpoint(found[timer_settings.TIMER_HOST], found[timer_settings.TIMER_PORT])
    return TimerAlarm(endpoint, search or ())


def open_post_office(
    resolver: Resolver,
    host: str,
    search: Sequence[Path] | None,
    *,
    alarm: Alarm | None = None,
    max_recipients: int = MAX_RECIPIENTS,
    max_size: int = MAX_SIZE,
) -> PostOffice:
    """Return by what sessions of this process send.

    Args:
        resolver: of the user database.
        host: the name of this node.
        search: folders with the settings; None: those of an installation.
        alarm: where the process is the timer itself.
        max_recipients: ``max_rcpt_num``.
        max_size: ``mail_max_length``.
    """
    return PostOffice(
        DirectoryBook(resolver, host),
        pickup_of(search),
        alarm or timer_of(search),
        max_recipients,
        max_size,
    )
