"""Mail of domains that are made after the playbook ran is signed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testinfra.host import Host

FOLDER = "/var/lib/grommunio-antispam/dkim"
UNIT = "grommunio-antispam-keys.service"


@contextlib.contextmanager
def domain(host: Host, name: str) -> Iterator[str]:
    """A domain for the time of a test; what creating it printed."""
    host.run(f"rm -f {FOLDER}/{name}.dkim.*")
    try:
        yield host.check_output(f"grommunio-admin domain create -u 1 {name}")
    finally:
        host.check_output(f"grommunio-admin domain delete {name}")
        host.check_output(f"grommunio-admin domain purge -f -y {name}")


def symbols(host: Host, name: str) -> str:
    """What the filter says of a mail that a user of the domain submits."""
    letter = (
        f"From: a@{name}\\nTo: b@example.net\\nSubject: hello\\nMessage-ID: <1@{name}>\\n\\nHow are you?\\n"
    )
    return host.check_output(
        f"printf '{letter}' | curl -sS -H 'User: a@{name}' -H 'IP: 192.0.2.7' --data-binary @- "
        "http://localhost:11333/checkv2"
    )


def test_a_new_domain_is_signed_at_once(host: Host) -> None:
    with domain(host, "signed.test") as printed:
        record = printed.splitlines()[-1]
        signed = symbols(host, "signed.test")
        listed = host.check_output("grommunio-admin domain dkim signed.test")
        file = host.file(f"{FOLDER}/signed.test.dkim.key")
        owner = (file.user, file.group, file.mode)

    assert record.startswith('dkim._domainkey.signed.test. IN TXT ( "v=DKIM1; k=rsa; p=" ')
    assert listed == record
    assert owner == ("grommunio", "_rspamd", 0o440)
    assert "signed.test:s=dkim" in signed
    assert "DKIM_SIGNED" in signed


def test_the_timer_makes_the_key_of_a_domain_that_came_otherwise(host: Host) -> None:
    with domain(host, "found.test"):
        host.check_output(f"rm {FOLDER}/found.test.dkim.key")
        before = symbols(host, "found.test")
        host.check_output(f"systemctl start {UNIT}")
        after = symbols(host, "found.test")
        file = host.file(f"{FOLDER}/found.test.dkim.key")
        owner = (file.user, file.group, file.mode)

    assert "DKIM_SIGNED" not in before
    assert "DKIM_SIGNED" in after
    assert owner == ("grommunio", "_rspamd", 0o440)
    exposure = host.check_output(f"systemd-analyze security --no-pager {UNIT}").rsplit("Overall", 1)[1]
    assert float(exposure.split(":")[1].split()[0]) <= 3.0


def test_a_renewed_key_is_used_without_a_restart(host: Host) -> None:
    with domain(host, "renewed.test") as printed:
        assert "DKIM_SIGNED" in symbols(host, "renewed.test")
        renewed = host.check_output("grommunio-admin domain dkim --renew renewed.test")
        old = host.file(f"{FOLDER}/renewed.test.dkim.key.old").exists
        signed = symbols(host, "renewed.test")

    assert renewed != printed.splitlines()[-1]
    assert old
    assert "DKIM_SIGNED" in signed
