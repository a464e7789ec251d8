"""Dovecot from the distribution as the peer of a benchmark: a private instance on high ports.

It gets what makes it fast (auth cache, prestarted logins, passwords in clear so that no login waits for a
hash) and the same promise of durability as ours: ``mail_fsync = optimized``, an fsync before APPEND and LMTP
delivery are acknowledged. While it is filled it need not sync.
"""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from drivers import Target
from servers import answers, end

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Where Debian and openSUSE put the master process.
PROGRAM = shutil.which("dovecot") or "/usr/sbin/dovecot"

CONFIG = """\
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
mail_uid = {user}
mail_gid = {group}
mail_home = {root}/home/%u
mail_location = maildir:~/Maildir
mail_fsync = {fsync}
auth_mechanisms = plain
auth_cache_size = 1M
auth_cache_ttl = 1 hour
mail_max_userip_connections = 5000
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {root}/passwd
}}
userdb {{
  driver = static
  args = allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  client_limit = 2000
  process_limit = 20
  service_count = 0
  process_min_avail = 2
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service pop3-login {{
  client_limit = 500
  service_count = 0
  process_min_avail = 2
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service imap {{
  process_limit = 5000
  service_count = 200
}}
service pop3 {{
  service_count = 200
}}
service anvil {{
  client_limit = 7000
}}
service auth {{
  client_limit = 7000
}}
service lmtp {{
  process_min_avail = 2
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""


def _user() -> pwd.struct_passwd:
    """Return the account the mail belongs to: ours, or an unprivileged one when we are root."""
    return pwd.getpwnam("nobody" if os.geteuid() == 0 else getpass.getuser())


@dataclass
class Dovecot:
    """One running instance."""

    root: Path
    passwords: Mapping[str, str]
    """By login name."""
    certificate: Path
    """The key lies beside it."""
    imap: int = 21143
    imaps: int = 21993
    pop3: int = 21110
    lmtp: int = 21024
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def target(self) -> Target:
        """Where it is."""
        if self.process is None:
            raise RuntimeError("dovecot is not running")
        return Target(self.imap, self.imaps, self.pop3, self.lmtp, self.process.pid, self.passwords)

    def start(self, *, quickly: bool = False) -> None:
        """Write the configuration, start in the foreground and wait until it answers.

        Args:
            quickly: nothing is synced.
        """
        account = _user()
        for name in ("run", "state", "home"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        for user in self.passwords:
            (self.root / "home" / user).mkdir(exist_ok=True)
        for path in [self.root / "home", *(self.root / "home").iterdir()]:
            os.chown(path, account.pw_uid, account.pw_gid)
        (self.root / "passwd").write_text(
            "".join(f"{user}:{password}::::::\n" for user, password in self.passwords.items())
        )
        (self.root / "passwd").chmod(0o644)
        root_run = os.geteuid() == 0
        config = self.root / "dovecot.conf"
        config.write_text(
            CONFIG.format(
                root=self.root,
                user=account.pw_name,
                group=account.pw_gid,
                internal="dovecot" if root_run else account.pw_name,
                internal_group="dovecot" if root_run else account.pw_gid,
                login="dovenull" if root_run else account.pw_name,
                certificate=self.certificate,
                key=self.certificate.with_suffix(".key"),
                fsync="never" if quickly else "optimized",
                imap=self.imap,
                imaps=self.imaps,
                pop3=self.pop3,
                lmtp=self.lmtp,
            )
        )
        self.process = subprocess.Popen([PROGRAM, "-F", "-c", str(config)])
        for port in (self.imap, self.lmtp, self.pop3):
            answers(port)

    def restart(self) -> None:
        """Start it anew on the same mailboxes, syncing what has to be."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """End it and what it started."""
        process, self.process = self.process, None
        if process is not None:
            end(process, seconds=20)
            time.sleep(0.2)  # its children go after it; nothing tells when
