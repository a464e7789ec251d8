"""What all daemons have in common: command line, settings, log, identity, the way to end."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dns.exception import DNSException

from gromox.base import log
from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.common_settings import DNSBL_CLIENT, RUNNING_IDENTITY
from gromox.base.errors import GromoxError
from gromox.base.settings import (
    Program,
    check,
    load,
    render_manual,
    render_sample,
)
from gromox.daemons.workforce import (
    Workforce,
    has_parent,
    installed_version,
    rehearse,
    serve_metrics,
    supervise,
)
from gromox.serve import memory, succession, systemd
from gromox.serve.dnsbl import Blocklist
from gromox.serve.identity import drop_privileges, raise_fd_limit
from gromox.serve.listener import Listening, bind
from gromox.serve.server import Server
from gromox.serve.tls import Identity, Tls

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gromox.base.secret import Secret
    from gromox.base.settings import Endpoint, Option, Settings
    from gromox.serve.engine import Service

_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon: its declared settings and the function that wires it."""

    program: Program
    log_file: Option[str]
    log_level: Option[int]
    build: Callable[[Server, Settings], None]
    fd_limit: Option[int] | None = None
    metrics: Option[Path | None] | None = None  #: where figures are read from
    workforce: Workforce | None = None  #: None: always one process

    def on_reload(self, server: Server, settings: Settings) -> None:
        """Have SIGHUP read level and target of the log anew."""
        reload_log(server, self, settings)


def run(daemon: Daemon, arguments: Sequence[str] | None = None) -> int:
    """Be the daemon; return its exit status.

    Args:
        daemon: which.
        arguments: instead of those of the command line.
    """
    options = parser(daemon.program).parse_args(arguments)
    if options.print_sample:
        print(render_sample(daemon.program), end="")
        return 0
    if options.print_manual:
        print(render_manual(daemon.program), end="")
        return 0
    if options.check_config is not None:
        return report_problems(check(daemon.program, options.check_config or options.config))
    try:
        settings = load(daemon.program, config=options.config)
        estate, is_rehearsal = succession.inherit()
        if daemon.workforce is not None and estate is not None and is_rehearsal:
            return rehearse(daemon, daemon.workforce, settings, estate)
        start_log(daemon, settings)
        if daemon.workforce is not None and (estate is not None or has_parent(daemon.workforce, settings)):
            status = supervise(daemon, daemon.workforce, settings, estate, lambda: _log.notice("ready"))
            _log.notice("stopped")
            return status
        server = Server()
        daemon.build(server, settings)
        if daemon.metrics is not None:
            serve_metrics(server, settings, daemon.metrics)
        reload_log(server, daemon, settings)
        drop_privileges(settings[RUNNING_IDENTITY])
    except (GromoxError, OSError) as error:
        print(f"{daemon.program.title}: {error}", file=sys.stderr)
        return 1
    server.is_replaceable = True
    memory.settle()
    server.run(lambda: _log.notice("ready"))
    if server.is_replaced:
        _log.notice("replaced by new code")
        succession.begin_again()
    _log.notice("stopped")
    return 0


def parser(program: Program) -> argparse.ArgumentParser:
    """Return the options that all daemons take."""
    found = argparse.ArgumentParser(
        program.title, description=program.description, add_help=False, allow_abbrev=False
    )
    found.add_argument("-?", "-h", "--help", action="help", help="show this and exit")
    found.add_argument("--version", action="version", version=f"{program.title} {installed_version()}")
    found.add_argument(
        "-c", dest="config", metavar="FILE", type=Path, help="read this file instead of all others"
    )
    found.add_argument(
        "--check-config",
        metavar="FILE",
        nargs="?",
        type=Path,
        const=False,
        help="judge the configuration files (or FILE) and exit",
    )
    found.add_argument(
        "--print-sample", action="store_true", help="write a commented configuration file and exit"
    )
    found.add_argument("--print-manual", action="store_true", help="write the manual page (mdoc) and exit")
    return found


def report_problems(problems: Sequence[str]) -> int:
    """Print what is wrong; return 1 if something is an error."""
    for problem in problems:
        print(problem)
    return int(any(problem.startswith("error:") for problem in problems))


def start_log(daemon: Daemon, settings: Settings) -> None:
    """Begin to log as the settings say, with what is odd about them; raise the limit of open files."""
    log.configure(daemon.program.title, settings[daemon.log_level], settings[daemon.log_file])
    for warning in settings.warnings:
        _log.warning("settings", remark=warning)
    limit = raise_fd_limit(settings[daemon.fd_limit] if daemon.fd_limit is not None else 0)
    _log.debug("open files", limit=limit)


def reload_log(server: Server, daemon: Daemon, settings: Settings) -> None:
    """Have SIGHUP read level and target of the log anew."""

    def reload() -> None:
        try:
            fresh = settings.reloaded().settings
            log.configure(daemon.program.title, fresh[daemon.log_level], fresh[daemon.log_file])
        except (GromoxError, OSError) as error:
            _log.warning("settings kept", reason=error)

    server.on_reload(reload)


def tls_of(
    certificate: Path | None, key: Path | None, password: Secret, min_proto: str, *, wanted: str
) -> Tls | None:
    """Return TLS with these settings; None without a certificate.

    Args:
        certificate: PEM, or None.
        key: PEM, or None.
        password: of the key.
        min_proto: the oldest protocol.
        wanted: the directive that needs TLS, empty if none does.

    Raises:
        MissingCertificateError: TLS is wanted and there is no certificate.
    """
    if certificate is not None and key is not None:
        return Tls(Identity(certificate, key, password, min_proto))
    if wanted:
        raise MissingCertificateError(f"{wanted} needs a certificate and a private key: set their paths")
    return None


def blocklist_of(settings: Settings) -> Blocklist | None:
    """Return who knows the clients that are not served; None: all are.

    Raises:
        BlocklistError: this machine does not know whom to ask in the DNS.
    """
    zone = settings[DNSBL_CLIENT]
    if not zone:
        return None
    try:
        return Blocklist(zone, SYSTEM_CLOCK)
    except DNSException as error:
        raise BlocklistError(f"dnsbl_client: {error}") from error


class BlocklistError(GromoxError):
    """The list of clients that are not served cannot be asked."""


class MissingCertificateError(GromoxError):
    """TLS is asked for and there is nothing to do it with."""


def listen(server: Server, service: Service, clear: Sequence[Endpoint], secure: Sequence[Endpoint]) -> None:
    """Bind the endpoints of a service, or take over what systemd or the parent bound for it."""
    endpoints = [*((each, False) for each in clear), *((each, True) for each in secure)]
    if server.worker is not None:  # the order is that of workforce
        for sock, (_, tls) in zip(server.worker.sockets, endpoints, strict=True):
            server.listen(Listening(sock, service, tls=tls))
        return
    inherited = {sock.getsockname()[1]: sock for sock in systemd.inherited_sockets()}
    for endpoint, tls in endpoints:
        sock = inherited.get(endpoint.port) or bind(endpoint)
        server.listen(Listening(sock, service, tls=tls))
