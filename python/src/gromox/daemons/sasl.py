"""gromox-sasl: verifies logins for Postfix and for programs that speak with saslauthd."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.base.common_settings import RUNNING_IDENTITY
from gromox.daemons.frame import Daemon, run
from gromox.daemons.home import Home
from gromox.sasl import settings as declared
from gromox.sasl.dovecot import DovecotCore
from gromox.sasl.mux import MuxCore
from gromox.sasl.verdict import PRIVILEGES, SaslServices
from gromox.serve.engine import Service
from gromox.serve.identity import give_to_group, make_directory
from gromox.serve.limits import Limits
from gromox.serve.listener import Listening, bind_unix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gromox.base.settings import Settings
    from gromox.base.wire import Core
    from gromox.serve.server import Server

_COOKIE_OCTETS: Final = 16


def add_sasl(home: Home, settings: Settings) -> None:
    """Serve both sockets."""
    doorkeeper = home.doorkeeper(settings, next(iter(PRIVILEGES.values())), "sasl")
    services = SaslServices(
        doorkeepers={
            privilege: replace(doorkeeper, privilege=privilege) for privilege in set(PRIVILEGES.values())
        },
        process_id=os.getpid(),
        cookie=lambda: secrets.token_hex(_COOKIE_OCTETS),
    )
    limits = Limits(settings[declared.CONTEXT_NUM])
    user = settings[RUNNING_IDENTITY]

    def serve(name: str, path: Path | None, group: str, core: Callable[[SaslServices], Core]) -> None:
        if path is None:
            return
        make_directory(path.parent, user, 0o775)
        home.server.listen(Listening(bind_unix(path), Service(name, lambda: core(services), limits)))
        give_to_group(path, user, group)

    serve("sasl", settings[declared.SASL_SOCKET], settings[declared.SASL_SOCKET_GROUP], DovecotCore)
    serve(
        "saslauthd",
        settings[declared.SASLAUTHD_SOCKET],
        settings[declared.SASLAUTHD_SOCKET_GROUP],
        MuxCore,
    )


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    add_sasl(Home(server, settings, name="sasl"), settings)


DAEMON = Daemon(
    declared.PROGRAM, declared.LOG_FILE, declared.LOG_LEVEL, build, metrics=declared.METRICS_SOCKET
)


def main() -> int:
    """Run gromox-sasl."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
