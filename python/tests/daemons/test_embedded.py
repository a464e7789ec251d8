from __future__ import annotations

import ssl
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from gromox.base.clock import ManualClock
from gromox.base.settings import check
from gromox.daemons.embedded import DOMAIN, Embedded
from gromox.daemons.samples import samples
from gromox.delivery.queue import entries
from gromox.directory import Directory
from gromox.directory.auth import Authenticator
from gromox.directory.status import Privilege
from gromox.imap import settings as imap_settings
from gromox.lmtp import settings as lmtp_settings
from gromox.pop3 import settings as pop3_settings
from gromox.store.mailbox import Mailbox


def test_everything_is_made_and_users_can_log_in(tmp_path: Path) -> None:
    embedded = Embedded(tmp_path / "home")
    assert not embedded.is_complete()
    embedded.create(ManualClock())

    assert embedded.is_complete()
    directory = Directory.connect(f"sqlite:///{embedded.home}/users.sqlite3")
    authenticator = Authenticator(directory)
    for credential in embedded.credentials():
        account = authenticator.authenticate(credential.user, credential.password, Privilege.IMAP_POP3)
        with Mailbox.open(account.maildir) as mailbox:
            assert mailbox.owner == credential.user
    directory.close()
    with Mailbox.open(embedded.home / "domain" / DOMAIN) as public:
        assert public.is_public
    assert len(list(entries(embedded.home / "queue"))) == len(samples(DOMAIN, 0.0))


def test_an_interrupted_start_is_completed_without_changing_what_is_there(tmp_path: Path) -> None:
    embedded = Embedded(tmp_path / "home")
    embedded.create()
    passwords = (embedded.home / "credentials.json").read_text()
    certificate = embedded.certificate.read_bytes()
    (embedded.etc / "gromox.cfg").unlink()

    embedded.create()

    assert (embedded.home / "credentials.json").read_text() == passwords
    assert embedded.certificate.read_bytes() == certificate
    assert len(list(entries(embedded.home / "queue"))) == len(samples(DOMAIN, 0.0))


def test_secrets_are_the_owner_s(tmp_path: Path) -> None:
    embedded = Embedded(tmp_path / "home")
    embedded.create()

    for name in ("credentials.json", "users.sqlite3", "tls/server.key"):
        assert (embedded.home / name).stat().st_mode & 0o077 == 0, name


def test_the_certificate_is_for_this_machine(tmp_path: Path) -> None:
    embedded = Embedded(tmp_path / "home")
    embedded.create()

    context = ssl.create_default_context(cafile=str(embedded.certificate))
    names = context.get_ca_certs()[0]["subjectAltName"]

    assert ("DNS", "localhost") in names
    assert ("IP Address", "127.0.0.1") in names
    assert ("IP Address", "0:0:0:0:0:0:0:1") in names


def test_the_written_configuration_has_no_problems(tmp_path: Path) -> None:
    embedded = Embedded(tmp_path / "home")
    embedded.create()

    for module, file in ((imap_settings, "imap"), (pop3_settings, "pop3"), (lmtp_settings, "smtp")):
        assert check(module.PROGRAM, embedded.etc / f"{file}.cfg") == []
        assert check(module.PROGRAM, embedded.etc / "gromox.cfg") == []


def test_the_samples_have_many_shapes() -> None:
    made = [message_from_bytes(sample.octets, policy=default) for sample in samples(DOMAIN, 1_795_000_000.0)]

    types = {part.get_content_type() for message in made for part in message.walk()}
    assert {
        "multipart/alternative", "multipart/mixed", "multipart/related", "message/rfc822",
        "text/html", "text/calendar", "text/csv", "image/png",
    } <= types  # fmt: skip
    assert len({message["Message-ID"] for message in made}) == len(made) == 10
    assert len({message["Date"] for message in made}) == 10
    assert all(not message.defects for message in made)
    assert all(
        recipient.endswith(f"@{DOMAIN}") for sample in samples(DOMAIN, 0.0) for recipient in sample.recipients
    )
