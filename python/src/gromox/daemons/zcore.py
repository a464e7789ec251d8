"""gromox-zcore: serves mailboxes to the web tier on a Unix socket."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from gromox.base import metrics
from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.common_settings import RUNNING_IDENTITY
from gromox.base.ids import SYSTEM_IDS
from gromox.daemons.frame import Daemon, run
from gromox.daemons.home import Home
from gromox.directory.token import TokenReader
from gromox.serve.doorbell import Doorbell
from gromox.serve.engine import Service
from gromox.serve.identity import give, make_directory
from gromox.serve.limits import Limits
from gromox.serve.listener import Listening, bind_unix
from gromox.store.rpc.crew import Crew
from gromox.store.rpc.server import RpcCore, RpcService
from gromox.store.rpc.users import UserGate
from gromox.store.submission.settings import MAIL_MAX_LENGTH, MAX_RCPT_NUM
from gromox.zcore import settings as declared
from gromox.zcore.doors import DirectoryDoors

if TYPE_CHECKING:
    from gromox.base.settings import Settings
    from gromox.serve.server import Server


def add_zcore(home: Home, settings: Settings) -> None:
    """Serve the store RPC to users."""
    server = home.server
    doors = DirectoryDoors(
        home.directory,
        home.authenticator(settings),
        home.resolver,
        TokenReader.of_file(settings[declared.BEARER_PUBKEY]),
        time.sleep,
        host=home.host,
    )
    gate = UserGate(
        doors,
        SYSTEM_CLOCK,
        SYSTEM_IDS,
        max_users=settings[declared.USER_TABLE_SIZE],
        idle=settings[declared.USER_CACHE_INTERVAL],
    )
    crew = Crew(settings[declared.ZCORE_THREADS_NUM], home.pool, "zcore")
    server.add(crew)
    metrics.before_reading(crew.look)
    server.on_dump(crew.dump)
    wakeups = Doorbell(server.loop)
    rpc = RpcService(
        gate,
        crew,
        wakeups.ring,
        server.doorbell.watch,
        name=home.host,
        max_sessions=settings[declared.ZCORE_MAX_OBH_PER_SESSION],
        post=home.post_office(max_recipients=settings[MAX_RCPT_NUM], max_size=settings[MAIL_MAX_LENGTH]),
    )
    service = Service("zcore", lambda: RpcCore(rpc), Limits(), doorbell=wakeups)
    path, user = settings[declared.ZCORE_LISTEN], settings[RUNNING_IDENTITY]
    make_directory(path.parent, user, 0o775)
    server.listen(Listening(bind_unix(path, 0o660), service))
    give(path, user)


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    home = Home(server, settings, name="zcore")
    home.join_event()
    add_zcore(home, settings)


DAEMON = Daemon(
    declared.PROGRAM,
    declared.LOG_FILE,
    declared.LOG_LEVEL,
    build,
    declared.FD_LIMIT,
    metrics=declared.METRICS_SOCKET,
)


def main() -> int:
    """Run gromox-zcore."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
