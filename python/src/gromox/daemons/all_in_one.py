"""gromox-server: all daemons in one process, with the user database in SQLite and ports that need no root."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base import log
from gromox.base.errors import GromoxError
from gromox.base.settings import Program, Settings, load
from gromox.daemons.delivery import add_delivery
from gromox.daemons.delivery_queue import add_delivery_queue, open_spool
from gromox.daemons.embedded import Embedded
from gromox.daemons.event import add_event
from gromox.daemons.home import Home
from gromox.daemons.imap import add_imap
from gromox.daemons.istore import add_exmdb
from gromox.daemons.midb import add_midb
from gromox.daemons.pop3 import add_pop3
from gromox.daemons.post_office import AgendaAlarm
from gromox.daemons.timer import add_runner
from gromox.daemons.workforce import installed_version
from gromox.daemons.zcore import add_zcore
from gromox.delivery import settings as delivery_settings
from gromox.event import settings as event_settings
from gromox.exmdb import settings as exmdb_settings
from gromox.imap import settings as imap_settings
from gromox.lmtp import settings as lmtp_settings
from gromox.midb import settings as midb_settings
from gromox.pop3 import settings as pop3_settings
from gromox.serve import memory
from gromox.serve.bridge import HubBridge
from gromox.serve.identity import raise_fd_limit
from gromox.serve.listener import ListenError
from gromox.serve.server import Server
from gromox.timer import settings as timer_settings
from gromox.zcore import settings as zcore_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The offset of each port above the base, by directive.
PORTS: Final = {
    "lda_listen": (24, 25),
    "pop3_listen": (110,),
    "pop3_listen_tls": (995,),
    "imap_listen": (143,),
    "imap_listen_tls": (993,),
    "exmdb_listen": (5000,),
    "midb_listen": (),
}
DEFAULT_BASE: Final = 10000
_HIGHEST_BASE: Final = 65535 - 5000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run gromox-server; return its exit status."""
    options = _parser().parse_args(arguments)
    log.configure("gromox-server", options.log_level)
    raise_fd_limit()
    embedded = Embedded(options.home.resolve())
    addresses = _addresses(options.address)
    try:
        if not embedded.is_complete():
            embedded.create()
        server = _build(embedded, addresses, options.port_base)
    except ListenError as error:
        print(f"gromox-server: {error}\n{_other_ports(options.port_base)}", file=sys.stderr)
        return 1
    except (GromoxError, OSError) as error:
        print(f"gromox-server: {error}", file=sys.stderr)
        return 1
    memory.settle()
    server.run(lambda: print(_introduction(embedded, addresses, options.port_base), flush=True))
    return 0


def _build(embedded: Embedded, addresses: Sequence[str], base: int) -> Server:
    """Put all daemons on one loop."""

    def settings_of(program: Program) -> Settings:
        listens = {option.name for option in program.options} & PORTS.keys()
        endpoints = {
            name: " ".join(f"[{address}]:{base + offset}" for offset in PORTS[name] for address in addresses)
            for name in listens
        }
        if program is zcore_settings.PROGRAM and not (embedded.etc / "zcore.cfg").exists():
            # Made by a release without gromox-zcore.
            endpoints["zcore_listen"] = str(embedded.home / "run" / "zcore.sock")
        if program is timer_settings.PROGRAM and not (embedded.etc / "timer.cfg").exists():
            # Likewise, without gromox-timer.
            endpoints["timer_state_path"] = str(embedded.home / "timer.txt")
        return load(program, search=(embedded.etc,), overrides=endpoints)

    server = Server()
    queue_settings = settings_of(lmtp_settings.PROGRAM)
    home = Home(
        server,
        queue_settings,
        name="gromox-server",
        delimiter=queue_settings[lmtp_settings.LDA_RECIPIENT_DELIMITER],
    )
    broker, wakeups = add_event(server, settings_of(event_settings.PROGRAM))
    HubBridge(server.doorbell, broker, wakeups, home.name)
    add_imap(home, settings_of(imap_settings.PROGRAM))
    add_pop3(home, settings_of(pop3_settings.PROGRAM))
    runner = add_runner(server, settings_of(timer_settings.PROGRAM))
    home.alarm = AgendaAlarm(runner.agenda, (embedded.etc,))
    add_exmdb(home, settings_of(exmdb_settings.PROGRAM))
    add_zcore(home, settings_of(zcore_settings.PROGRAM))
    add_midb(home, settings_of(midb_settings.PROGRAM))
    spool = open_spool(queue_settings[lmtp_settings.DEQUEUE_PATH], queue_settings)
    add_delivery_queue(home, queue_settings, spool)
    add_delivery(home, settings_of(delivery_settings.PROGRAM), spool)
    return server


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "gromox-server",
        description="A complete mail server in one directory: IMAP, POP3, LMTP and SMTP for two users.",
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument("-?", "-h", "--help", action="help", help="show this and exit")
    parser.add_argument("--version", action="version", version=f"gromox-server {installed_version()}")
    parser.add_argument(
        "--home",
        type=Path,
        default=Path("gromox-home"),
        help="the directory with everything; made at the first start (default: %(default)s)",
    )
    parser.add_argument(
        "--port-base",
        type=_port_base,
        default=DEFAULT_BASE,
        help="what is added to each port (default: %(default)s)",
    )
    parser.add_argument(
        "--address",
        default="localhost",
        help="where to listen: an address, or :: for all (default: %(default)s)",
    )
    parser.add_argument(
        "--log-level", type=int, default=log.NOTICE, help="1 critical to 6 debugging (default: %(default)s)"
    )
    return parser


def _port_base(text: str) -> int:
    base = int(text)
    if not 1024 <= base <= _HIGHEST_BASE:  # noqa: PLR2004 - the first port that needs no root
        raise argparse.ArgumentTypeError(f"write a number from 1024 to {_HIGHEST_BASE}")
    return base


def _addresses(address: str) -> list[str]:
    """Return the addresses to listen on; localhost is both, if the machine speaks IPv6."""
    if address != "localhost":
        return [address]
    return ["127.0.0.1", "::1"] if _has_ipv6() else ["127.0.0.1"]


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def _other_ports(base: int) -> str:
    other = 20000 if base < 20000 else 30000  # noqa: PLR2004 - any other round number
    return (
        f"If it is another gromox-server: use that one, or stop it with Ctrl-C.\n"
        f"Other ports: make run PORT_BASE={other}   (gromox-server --port-base {other})"
    )


def _introduction(embedded: Embedded, addresses: Sequence[str], base: int) -> str:
    """Return what is printed once everything listens."""
    host = {"::": "localhost", "0.0.0.0": "localhost"}.get(addresses[0], addresses[0])  # noqa: S104 - shown, not bound
    shown = f"[{host}]" if ":" in host else host
    first = embedded.credentials()[0]
    user, password = first.user, first.password.reveal()
    users = "\n".join(f"           {one.user}  {one.password.reveal()}" for one in embedded.credentials())
    smtp, imaps = base + 25, base + 993
    return f"""
gromox-server listens on {" and ".join(addresses)}:

  IMAP     {base + 143} (STARTTLS), {imaps} (TLS)
  POP3     {base + 110} (STLS), {base + 995} (TLS)
  LMTP     {base + 24} (STARTTLS)
  SMTP     {smtp} (STARTTLS)
  users
{users}
  files    {embedded.home}

Try:
  swaks --server {shown}:{smtp} --from bob@example.test --to {user} --header 'Subject: hello'
  curl --cacert {embedded.certificate} --user '{user}:{password}' 'imaps://{shown}:{imaps}/INBOX;MAILINDEX=1'
  mutt -e 'set ssl_verify_host=no imap_pass={password}' -f 'imaps://{user}@{shown}:{imaps}/INBOX'

Ready. Ctrl-C stops it; everything is kept for the next start.
"""


if __name__ == "__main__":
    sys.exit(main())
