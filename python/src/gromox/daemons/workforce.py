"""A daemon as several processes: what the parent binds, and how a worker is run."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base import log
from gromox.base.common_settings import ADDRESS_CONTEXT_NUM, RUNNING_IDENTITY
from gromox.base.errors import GromoxError
from gromox.base.hosts import TrustedHosts
from gromox.serve import systemd
from gromox.serve.engine import Service
from gromox.serve.exposition import MetricsCore
from gromox.serve.identity import drop_privileges, give, make_directory
from gromox.serve.limits import Limits
from gromox.serve.listener import ListenError, Listening, bind, bind_unix
from gromox.serve.server import Server
from gromox.serve.supervisor import ListeningSocket, Plan, Supervisor
from gromox.serve.worker import Worker

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from gromox.base.listens import Listens
    from gromox.base.settings import Option, Settings
    from gromox.daemons.frame import Daemon

_log = log.get_logger(__name__)

#: Readers of figures at the same time.
_MOST_READERS: Final = 16


@dataclass(frozen=True, slots=True)
class Workforce:
    """The settings that say how many workers there are and what the parent does for them."""

    workers: Option[int]
    retire_time: Option[float]
    listens: Listens
    haproxy: Option[int]
    total: Option[int]
    trusted: Option[tuple[str, ...]]


def processes(workforce: Workforce, settings: Settings) -> int:
    """Return how many workers there are to be."""
    return settings[workforce.workers] or len(os.sched_getaffinity(0))


def supervise(daemon: Daemon, workforce: Workforce, settings: Settings, ready: Callable[[], None]) -> int:
    """Be the parent until told to stop; return the exit status.

    Raises:
        ListenError: a port cannot be had.
    """
    listens = workforce.listens
    endpoints = (*listens.in_clear(settings), *listens.with_tls(settings))
    inherited = {sock.getsockname()[1]: sock for sock in systemd.inherited_sockets()}
    proxied = bool(settings[workforce.haproxy])
    sockets = [
        ListeningSocket(inherited.get(endpoint.port) or bind(endpoint), proxied=proxied)
        for endpoint in endpoints
    ]
    present = settings

    def replan() -> Plan | None:
        nonlocal present
        fresh = present.reread()
        changed = {option.name for option in fresh.differences(present)}
        fixed = {option.name for option in (workforce.haproxy, daemon.metrics) if option is not None}
        if (*listens.in_clear(fresh), *listens.with_tls(fresh)) != endpoints:
            fixed |= listens.names
        if changed & fixed:
            _log.warning("settings need a restart", directives=" ".join(sorted(changed & fixed)))
            fresh = fresh.with_values_of(present, fixed)
        log.configure(daemon.program.title, fresh[daemon.log_level], fresh[daemon.log_file])
        needed = changed - fixed - {daemon.log_level.name, daemon.log_file.name}
        present = fresh
        return _plan(daemon, workforce, fresh) if needed else None

    figures = None if daemon.metrics is None else metrics_socket(settings, daemon.metrics)
    return Supervisor(_plan(daemon, workforce, settings), sockets, replan, figures).run(ready)


def _plan(daemon: Daemon, workforce: Workforce, settings: Settings) -> Plan:
    count = processes(workforce, settings)
    return Plan(
        workers=count,
        retire_time=settings[workforce.retire_time],
        limits=Limits(
            settings[workforce.total],
            settings[ADDRESS_CONTEXT_NUM],
            trusted=TrustedHosts(settings[workforce.trusted]),
        ),
        run=lambda channel: _work(daemon, settings, channel, count),
    )


def _work(daemon: Daemon, settings: Settings, channel: socket.socket, count: int) -> int:
    """Be a worker; return the exit status."""
    try:
        server = Server()
        server.processes = count
        worker = server.worker = Worker(server, channel)
        daemon.build(server, settings)
        daemon.on_reload(server, settings)
        server.add(worker)
        drop_privileges(settings[RUNNING_IDENTITY])
    except (GromoxError, OSError) as error:
        print(f"{daemon.program.title}: {error}", file=sys.stderr)
        return 1
    server.run(worker.ready)
    return 0


def serve_metrics(server: Server, settings: Settings, option: Option[Path | None]) -> None:
    """Let Prometheus read the figures of a daemon that is one process."""
    sock = metrics_socket(settings, option)
    if sock is not None:
        service = Service("metrics", MetricsCore, Limits(_MOST_READERS), counts_sessions=False)
        server.listen(Listening(sock, service))


def metrics_socket(settings: Settings, option: Option[Path | None]) -> socket.socket | None:
    """Return the socket that figures are read from; None if there is to be none, or it cannot be had."""
    path = settings[option]
    if path is None:
        return None
    user = settings[RUNNING_IDENTITY]
    try:
        make_directory(path.parent, user, 0o775)
        sock = bind_unix(path)
        give(path, user)
    except (ListenError, OSError) as error:
        # Nobody's mail has to wait because nobody can look at it.
        _log.warning("figures cannot be read", directive=option.name, reason=error)
        return None
    return sock
