"""What the daemons share that work with users and mailboxes: the user database, logins, the doorbell."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.base.common_settings import host_id
from gromox.base.log import get_logger
from gromox.base.settings import Endpoint, load
from gromox.daemons.post_office import open_post_office
from gromox.directory import Directory, schema
from gromox.directory import settings as directory_settings
from gromox.directory.auth import Authenticator
from gromox.directory.auth_settings import auth_policy, tokens_of
from gromox.directory.doorkeeper import Doorkeeper
from gromox.directory.errors import UnavailableError
from gromox.directory.resolve import Resolver
from gromox.event import settings as event_settings
from gromox.serve.bridge import EventBridge
from gromox.store import settings as store_settings
from gromox.store.grants import index_at
from gromox.store.pool import MailboxPool
from gromox.store.submission.post import MAX_RECIPIENTS, MAX_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gromox.base.settings import Settings
    from gromox.base.wire import Outcome
    from gromox.directory.status import Privilege
    from gromox.serve.server import Server
    from gromox.store.grants import Grants
    from gromox.store.mailbox import Mailbox
    from gromox.store.submission.post import Alarm, PostOffice

_log = get_logger(__name__)

#: Seconds between two looks at mailboxes that nobody uses.
HOUSEKEEPING: Final = 20.0
#: Seconds that a loop with many connections waits for another writer of a mailbox, at the most.
LOOP_PATIENCE: Final = 2.0


class Home:
    """The node's users and mailboxes as one process sees them; a daemon makes one, ``gromox-server`` too."""

    def __init__(self, server: Server, settings: Settings, *, name: str, delimiter: str = "") -> None:
        """Open what is shared.

        Args:
            server: whose loop works with the mailboxes.
            settings: of the daemon; side files are looked for where its files were.
            name: of the process, for other processes.
            delimiter: characters that begin an address extension.
        """
        self.server = server
        self.host = host_id(settings)
        self.name = f"{name}-{os.getpid()}-{secrets.token_hex(4)}"
        self._search = settings.search or None
        self._database = load(directory_settings.PROGRAM, search=self._search)
        self.directory = Directory.open(self._database, share=server.processes)
        self._suit_schema()
        self._stores = load(store_settings.PROGRAM, search=self._search)
        lifetime = self._database[directory_settings.MYSQL_OBJECT_CACHE_LIFETIME]
        self.resolver = Resolver(self.directory, delimiter, lifetime=lifetime)
        self._mailboxes: MailboxPool | None = None
        self.alarm: Alarm | None = None
        """Set where this process is the timer itself."""

    @property
    def mailboxes(self) -> MailboxPool:
        """The open mailboxes of the loop's thread."""
        if self._mailboxes is None:
            self._mailboxes = self.pool(patience=LOOP_PATIENCE)
            self.server.add(_Housekeeping(self.server, self._mailboxes))
        return self._mailboxes

    def pool(self, *, patience: float = 3600.0) -> MailboxPool:
        """Return a pool for another thread; its mailboxes ring the doorbell.

        Args:
            patience: seconds to wait for another writer of a mailbox, if the settings do not say less.
        """
        options = store_settings.options_of(self._stores)
        return MailboxPool(
            ring=self.server.doorbell.ring,
            idle=self._stores[store_settings.CACHE_INTERVAL],
            max_open=self._stores[store_settings.TABLE_SIZE],
            options=replace(options, busy_timeout=min(options.busy_timeout, patience)),
        )

    def grants(self) -> Grants | None:
        """Return the index of which mailboxes grant something to whom."""
        path = store_settings.options_of(self._stores).grants
        return None if path is None else index_at(path)

    def _suit_schema(self) -> None:
        """Upgrade the tables if this machine is the one to do so; refuse tables that do not suit.

        A database that does not answer stops no daemon: clients are told to come back until it does.
        """
        try:
            upgrades = directory_settings.may_upgrade_schema(self._database, self.host)
            if upgrades and not schema.is_current(self.directory):
                schema.upgrade(self.directory, lambda number: _log.notice("schema upgraded", number=number))
            schema.require_current(self.directory)
        except UnavailableError as error:
            _log.warning("user database does not answer", reason=error)

    def doorkeeper(self, settings: Settings, privilege: Privilege, protocol: str) -> Doorkeeper:
        """Return who verifies logins for a daemon with these settings, whose users need ``privilege``."""
        return Doorkeeper(
            self.authenticator(settings), self.resolver, privilege, time.sleep, protocol, tokens_of(settings)
        )

    def authenticator(self, settings: Settings) -> Authenticator:
        """Return who knows passwords, by the settings of a daemon."""
        return Authenticator(
            self.directory,
            policy=auth_policy(settings, self._database),
            neighbours=self.server.neighbours,
        )

    def post_office(self, *, max_recipients: int = MAX_RECIPIENTS, max_size: int = MAX_SIZE) -> PostOffice:
        """Return by what sessions on the mailboxes of this node send."""
        return open_post_office(
            self.resolver,
            self.host,
            self._search,
            alarm=self.alarm,
            max_recipients=max_recipients,
            max_size=max_size,
        )

    def join_event(self) -> None:
        """Exchange rings with other processes through gromox-event."""
        found = load(event_settings.CLIENT, search=self._search)
        address: Path | Endpoint = found[event_settings.EVENT_SOCKET] or Endpoint(
            found[event_settings.EVENT_HOST], found[event_settings.EVENT_PORT]
        )
        self.server.add(EventBridge(self.server.engine, address, self.name))


class _Housekeeping:
    """Writes back and closes mailboxes while nobody waits for them."""

    def __init__(self, server: Server, mailboxes: MailboxPool) -> None:
        self._server, self._mailboxes = server, mailboxes
        self._written_back: dict[Path, int] = {}

    def start(self) -> None:
        """Begin."""
        self._server.loop.call_later(HOUSEKEEPING, self._keep)

    def stop(self) -> None:
        """Close every mailbox."""
        self._mailboxes.close()

    def _keep(self) -> None:
        self._mailboxes.close_idle()
        now = {mailbox.path: mailbox for mailbox in self._mailboxes.mailboxes()}
        numbers = {path: mailbox.change_number() for path, mailbox in now.items()}
        changed = [now[path] for path, number in numbers.items() if self._written_back.get(path) != number]
        self._written_back = numbers
        if changed:
            self._server.engine.call(lambda: _write_back(changed), self._wrote_back)
        else:
            self._server.loop.call_later(HOUSEKEEPING, self._keep)

    def _wrote_back(self, outcome: Outcome) -> None:
        if outcome.error is not None:  # the next turn may succeed; until then the log of the mailbox grows
            _log.warning("checkpoint failed", reason=outcome.error)
            self._written_back.clear()
        self._server.loop.call_later(HOUSEKEEPING, self._keep)


def _write_back(mailboxes: Sequence[Mailbox]) -> None:
    for mailbox in mailboxes:
        mailbox.checkpoint()
