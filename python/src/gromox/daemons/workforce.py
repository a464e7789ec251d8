"""A daemon as several processes: what the parent binds, and how a worker is run."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from gromox.base import log
from gromox.base.common_settings import RUNNING_IDENTITY
from gromox.base.errors import GromoxError
from gromox.base.hosts import plain_address
from gromox.serve import intercom, systemd
from gromox.serve.engine import Service
from gromox.serve.exposition import MetricsCore
from gromox.serve.identity import drop_privileges, give, make_directory
from gromox.serve.limits import Limits
from gromox.serve.listener import ListenError, Listening, bind, bind_unix
from gromox.serve.parent.household import Plan
from gromox.serve.parent.supervisor import Supervisor
from gromox.serve.server import Server
from gromox.serve.shares import Shares
from gromox.serve.worker import Worker

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gromox.base.listens import Listens
    from gromox.base.settings import Endpoint, Option, Settings
    from gromox.daemons.frame import Daemon
    from gromox.serve.shares import Share
    from gromox.serve.succession import Estate

_log = log.get_logger(__name__)

#: Readers of figures at the same time.
_MOST_READERS: Final = 16


@dataclass(frozen=True, slots=True)
class Workforce:
    """The settings that say how many workers there are and what the parent does for them."""

    workers: Option[int]
    retire_time: Option[float]
    listens: Listens


def has_parent(workforce: Workforce, settings: Settings) -> bool:
    """Tell whether there is a parent: unless somebody wants exactly one process."""
    return settings[workforce.workers] != 1


def processes(workforce: Workforce, settings: Settings) -> int:
    """Return how many workers there are to be."""
    return settings[workforce.workers] or len(os.sched_getaffinity(0))


def supervise(
    daemon: Daemon,
    workforce: Workforce,
    settings: Settings,
    estate: Estate | None,
    ready: Callable[[], None],
) -> int:
    """Be the parent until told to stop; return the exit status.

    Raises:
        ListenError: a port cannot be had.
    """
    present = settings

    def replan(held: Sequence[socket.socket]) -> Plan | None:
        nonlocal present
        fresh = present.reread()
        changed = {option.name for option in fresh.differences(present)}
        fixed = {daemon.metrics.name} if daemon.metrics is not None else set[str]()
        if changed & fixed:
            _log.warning("settings need new code or a restart", directives=" ".join(sorted(changed & fixed)))
            fresh = fresh.with_values_of(present, fixed)
        needed = changed - fixed - {daemon.log_level.name, daemon.log_file.name}
        plan = _plan(daemon, workforce, fresh, held) if needed else None
        log.configure(daemon.program.title, fresh[daemon.log_level], fresh[daemon.log_file])
        present = fresh
        return plan

    if estate is not None:
        held, figures = estate.sockets, _same_figures(daemon, settings, estate)
    else:
        held = systemd.inherited_sockets()
        figures = None if daemon.metrics is None else metrics_socket(settings, daemon.metrics)
    plan = _plan(daemon, workforce, settings, held, by_port=estate is None)
    path = "" if daemon.metrics is None else str(settings[daemon.metrics])
    supervisor = Supervisor(plan, replan, figures, path, estate)
    return supervisor.run(ready)


def installed_version() -> str:
    """Return the version of the installed distribution, or that of the tree."""
    try:
        return version("gromox")
    except PackageNotFoundError:
        return "(from the source tree)"


def rehearse(daemon: Daemon, workforce: Workforce, settings: Settings, estate: Estate) -> int:
    """Do what a parent of this code and its first worker do, and serve nobody; return the exit status."""
    sockets, shares = _sockets(workforce, settings, estate.sockets), Shares()
    ours, theirs = intercom.pair()
    with ours, theirs:
        crew = Crew(theirs, sockets, shares.free(()), processes(workforce, settings))
        server = _worker(daemon, settings, crew)
        server.loop.close()
    shares.close()
    for sock in (*sockets, *estate.sockets):
        sock.close()
    return 0


def _same_figures(daemon: Daemon, settings: Settings, estate: Estate) -> socket.socket | None:
    """Return the socket for the figures: the former one, if the settings still say so."""
    if daemon.metrics is None:
        return None
    path = settings[daemon.metrics]
    former = estate.figures
    if former is not None and estate.figures_path == str(path):
        return former
    if former is not None:
        former.close()
    return metrics_socket(settings, daemon.metrics)


def _plan(
    daemon: Daemon,
    workforce: Workforce,
    settings: Settings,
    held: Sequence[socket.socket],
    *,
    by_port: bool = False,
) -> Plan:
    count = processes(workforce, settings)
    sockets = _sockets(workforce, settings, held, by_port=by_port)
    return Plan(
        sockets=sockets,
        workers=count,
        retire_time=settings[workforce.retire_time],
        run=lambda channel, share: _work(daemon, settings, Crew(channel, sockets, share, count)),
    )


def _sockets(
    workforce: Workforce, settings: Settings, held: Sequence[socket.socket], *, by_port: bool = False
) -> list[socket.socket]:
    """Return the sockets of all endpoints: those that are ``held`` already, and new ones.

    What systemd opened is known ``by_port``: the address is said in its unit.
    """
    found: list[socket.socket] = []
    fresh: list[socket.socket] = []
    try:
        for endpoint in (*workforce.listens.in_clear(settings), *workforce.listens.with_tls(settings)):
            sock = next((one for one in held if _is_at(one, endpoint, by_port=by_port)), None)
            if sock is None:
                sock = bind(endpoint)
                fresh.append(sock)
            found.append(sock)
    except ListenError:
        for sock in fresh:
            sock.close()
        raise
    return found


def _is_at(sock: socket.socket, endpoint: Endpoint, *, by_port: bool) -> bool:
    name = sock.getsockname()
    if not isinstance(name, tuple) or name[1] != endpoint.port:
        return False
    try:
        return by_port or ip_address(plain_address(name[0])) == ip_address(plain_address(endpoint.host))
    except ValueError:
        return True  # the name of a host


@dataclass(frozen=True, slots=True)
class Crew:
    """What a worker has of the parent and of those beside it."""

    channel: socket.socket
    sockets: Sequence[socket.socket]
    share: Share
    count: int  #: how many workers there are to be


def _work(daemon: Daemon, settings: Settings, crew: Crew) -> int:
    """Be a worker; return the exit status."""
    try:
        server = _worker(daemon, settings, crew)
    except (GromoxError, OSError) as error:
        print(f"{daemon.program.title}: {error}", file=sys.stderr)
        return 1
    server.run(server.worker.ready if server.worker is not None else None)
    return 0


def _worker(daemon: Daemon, settings: Settings, crew: Crew) -> Server:
    server = Server()
    server.processes = crew.count
    worker = server.worker = Worker(server, crew.channel, crew.sockets, crew.share)
    daemon.build(server, settings)
    daemon.on_reload(server, settings)
    server.add(worker)
    drop_privileges(settings[RUNNING_IDENTITY])
    return server


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
        try:
            give(path, user)
        except BaseException:
            sock.close()
            raise
    except (ListenError, OSError) as error:
        # Nobody's mail has to wait because nobody can look at it.
        _log.warning("figures cannot be read", directive=option.name, reason=error)
        return None
    return sock
