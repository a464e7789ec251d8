"""The embedded default: one directory with everything, made at the first start of ``gromox-server``."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.admin.service import domain as domains
from gromox.admin.service import password as passwords
from gromox.admin.service import user as users
from gromox.admin.service.site import Site
from gromox.admin.service.user_change import UserChange
from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.secret import Secret
from gromox.daemons.samples import samples
from gromox.delivery.spool import Spool
from gromox.directory import Directory, schema
from gromox.directory import domain as directory_domain
from gromox.directory import user as directory_user
from gromox.directory.errors import NotFoundError
from gromox.directory.paths import StorePaths
from gromox.serve.selfsigned import make_certificate

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.clock import Clock

DOMAIN: Final = "example.test"
NAMES: Final = ("alice", "bob")
#: Users that the domain may have.
_ROOM: Final = 1000

#: Each file of ``etc`` and what stands in it beside the explanation.
_FILES: Final[dict[str, str]] = {
    "gromox.cfg": """\
config_file_path = {etc}
running_identity =
user_database = sqlite:///{home}/users.sqlite3
store_path = {home}
event_socket = {home}/run/event.sock
lda_recipient_delimiter = +
""",
    "imap.cfg": """\
imap_metrics_socket = {home}/run/imap.metrics.sock
imap_support_tls = yes
imap_certificate_path = {home}/tls/server.pem
imap_private_key_path = {home}/tls/server.key
enable_rfc2971_commands = yes
context_num = 10000
user_context_num = 0
""",
    "pop3.cfg": """\
pop3_metrics_socket = {home}/run/pop3.metrics.sock
pop3_support_tls = yes
pop3_certificate_path = {home}/tls/server.pem
pop3_private_key_path = {home}/tls/server.key
enable_capa_implementation = yes
""",
    "smtp.cfg": """\
lda_metrics_socket = {home}/run/lda.metrics.sock
dequeue_path = {home}/queue
smtp_support_starttls = yes
smtp_certificate_path = {home}/tls/server.pem
smtp_private_key_path = {home}/tls/server.key
""",
    "delivery.cfg": """\
delivery_metrics_socket = {home}/run/delivery.metrics.sock
dequeue_path = {home}/queue
""",
    "event.cfg": "event_metrics_socket = {home}/run/event.metrics.sock\nevent_listen_ip =\n",
    "exmdb_provider.cfg": """\
exmdb_metrics_socket = {home}/run/exmdb.metrics.sock
exmdb_hosts_allow = ::1 127.0.0.1
exmdb_grants_path = {home}/grants.sqlite3
""",
    "timer.cfg": """\
timer_metrics_socket = {home}/run/timer.metrics.sock
timer_state_path = {home}/timer.txt
""",
    "midb.cfg": "midb_metrics_socket = {home}/run/midb.metrics.sock\n",
    "zcore.cfg": """\
zcore_metrics_socket = {home}/run/zcore.metrics.sock
zcore_listen = {home}/run/zcore.sock
""",
}


@dataclass(frozen=True, slots=True)
class Credential:
    """A user and the password that was generated."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Embedded:
    """Where everything of an embedded server lies."""

    home: Path

    @property
    def etc(self) -> Path:
        """The configuration files, as in /etc/gromox."""
        return self.home / "etc"

    @property
    def certificate(self) -> Path:
        """The self-signed certificate."""
        return self.home / "tls" / "server.pem"

    def is_complete(self) -> bool:
        """Tell whether it was made; the file is written last."""
        return (self.etc / "gromox.cfg").exists()

    def credentials(self) -> list[Credential]:
        """Return the generated passwords, made at the first call."""
        path = self.home / "credentials.json"
        if not path.exists():
            made = [{"user": f"{name}@{DOMAIN}", "password": passwords.generate().reveal()} for name in NAMES]
            path.touch(mode=0o600)
            path.write_text(json.dumps(made, indent=1) + "\n")
        return [
            Credential(entry["user"], Secret(entry["password"])) for entry in json.loads(path.read_text())
        ]

    def create(self, clock: Clock = SYSTEM_CLOCK) -> None:
        """Make what is missing: users, stores, certificate, configuration, and the sample mails in the queue.

        May be called again after it was interrupted.
        """
        for folder in ("etc", "tls", "run", "user", "domain"):
            (self.home / folder).mkdir(mode=0o770, parents=True, exist_ok=True)
        self._make_users()
        self._make_certificate()
        self._fill_queue(clock)
        for name in reversed(_FILES):
            text = _FILES[name].format(home=self.home, etc=self.etc)
            (self.etc / name).write_text(f"# Written at the first start; yours to change.\n{text}")

    def _make_users(self) -> None:
        directory = Directory.connect(
            f"sqlite:///{self.home}/users.sqlite3", paths=StorePaths.below(self.home)
        )
        if schema.version(directory) is None:
            schema.create(directory)
        (self.home / "users.sqlite3").chmod(0o600)
        site = Site(directory)
        try:
            directory_domain.get(directory, DOMAIN)
        except NotFoundError:
            domains.create(site, DOMAIN, max_user=_ROOM, title="A first look")
        for credential in self.credentials():
            try:
                directory_user.get(directory, credential.user)
            except NotFoundError:
                users.create(site, users.NewUser(credential.user, UserChange(), credential.password))
        site.close()

    def _make_certificate(self) -> None:
        if self.certificate.exists():
            return
        names = dict.fromkeys(["localhost", "127.0.0.1", "::1", socket.gethostname(), socket.getfqdn()])
        made = make_certificate([name for name in names if name.isascii()])
        key = self.home / "tls" / "server.key"
        key.touch(mode=0o600)
        key.write_bytes(made.key)
        self.certificate.write_bytes(made.certificate)

    def _fill_queue(self, clock: Clock) -> None:
        queue = self.home / "queue"
        shutil.rmtree(queue, ignore_errors=True)  # of an interrupted attempt; nobody was served yet
        spool = Spool(queue)
        for sample in samples(DOMAIN, clock.now()):
            draft = spool.begin(sender=sample.sender, recipients=sample.recipients)
            draft.write(sample.octets)
            draft.finish()
        spool.sync()
        spool.close()
