"""The gate of gromox-zcore: users log on by password or token and act for themselves only.

A logged-on user goes by a key that nobody can guess, on any connection, until the user logs off or was silent
for too long (``user_cache_interval``). What the directory knows comes through :class:`Doors`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gromox.store import delegates
from gromox.store.database import translated
from gromox.store.delegates import DelegateList
from gromox.store.errors import BusyError, IncompatibleError, SessionLostError
from gromox.store.rpc.gate import Admitted, Place
from gromox.store.rpc.request import LogOff, LogOn, LogOnWithToken, OpenStore, Resume
from gromox.store.session.actor import Actor

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.clock import Clock
    from gromox.base.ids import Ids
    from gromox.base.wire import Peer
    from gromox.store.rpc.gate import Verdict
    from gromox.store.rpc.request import Request


class Doors(Protocol):
    """What a user directory answers; may wait for other machines. All raise StoreError as refusal."""

    def by_password(self, user: str, password: str, remote_host: str) -> str:
        """Return the login name of who gave a password."""
        ...

    def by_token(self, token: str, remote_host: str) -> str:
        """Return the login name of whom a token names."""
        ...

    def groups_of(self, user: str) -> frozenset[str]:
        """Return the lists and groups that contain a user, casefolded."""
        ...

    def store_of(self, address: str) -> Path:
        """Return the mailbox directory of an address of this node."""
        ...


@dataclass(slots=True)
class _User:
    """Somebody who is logged on."""

    name: str
    groups: frozenset[str]
    seen: float


class UserGate:
    """See :class:`gromox.store.rpc.gate.Gate`."""

    def __init__(self, doors: Doors, clock: Clock, ids: Ids, *, max_users: int, idle: float) -> None:
        """Let at most ``max_users`` be logged on, each until ``idle`` seconds after the last call."""
        self._doors, self._clock, self._ids = doors, clock, ids
        self._max_users, self._idle = max_users, idle
        self._users: OrderedDict[str, _User] = OrderedDict()
        self._lock = threading.Lock()

    def admits(self, peer: Peer) -> bool:
        """Admit everybody whom the rights of the socket let in; users prove who they are."""
        return peer.address == "local"

    def is_alive(self, key: str) -> bool:
        """See :class:`gromox.store.rpc.gate.Gate`."""
        with self._lock:
            return self._find(key) is not None

    def decide(self, request: Request) -> Verdict:
        """See :class:`gromox.store.rpc.gate.Gate`."""
        if isinstance(request, LogOn):
            return self._admit(self._doors.by_password(request.user, request.password, request.remote_host))
        if isinstance(request, LogOnWithToken):
            return self._admit(self._doors.by_token(request.token, request.remote_host))
        if isinstance(request, Resume):
            return Admitted(self._present(request.key).name, request.key)
        if isinstance(request, LogOff):
            with self._lock:
                self._users.pop(request.key, None)
            return None
        if isinstance(request, OpenStore):
            user = self._present(request.key)
            path = self._doors.store_of(request.address or user.name)
            return Place(
                path, Actor(user.name, user.groups, is_delegate_sender=_sends_for(path, user)), request.key
            )
        raise IncompatibleError("users log on and open stores here; mailboxes are opened by nodes")

    def _admit(self, name: str) -> Admitted:
        user = _User(name, self._doors.groups_of(name), self._clock.monotonic())
        key = self._ids.token(16)
        with self._lock:
            self._forget_silent()
            if len(self._users) >= self._max_users:
                raise BusyError("too many users are logged on (user_table_size)")
            self._users[key] = user
        return Admitted(name, key)

    def _present(self, key: str) -> _User:
        with self._lock:
            user = self._find(key)
        if user is None:
            raise SessionLostError("nobody is logged on by that key (any more)")
        return user

    def _find(self, key: str) -> _User | None:
        """Return who goes by a key, and note the sign of life; the oldest stand first."""
        now = self._clock.monotonic()
        user = self._users.get(key)
        if user is None:
            return None
        if user.seen + self._idle < now:
            del self._users[key]
            return None
        user.seen = now
        self._users.move_to_end(key)
        return user

    def _forget_silent(self) -> None:
        limit = self._clock.monotonic() - self._idle
        for key in list(self._users):
            if self._users[key].seen >= limit:
                return
            del self._users[key]


def _sends_for(path: Path, user: _User) -> bool:
    """Tell whether a user may send in the name of the owner of a mailbox, as the owner or on behalf."""
    names = user.groups | {user.name.casefold()}
    try:
        return any(delegates.names_one_of(path, which, names) for which in DelegateList)
    except OSError as error:
        raise translated(error) from error
