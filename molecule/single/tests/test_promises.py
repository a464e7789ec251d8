"""What the units and files of an installed system promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from testinfra.host import Host

DAEMONS = ("event", "delivery-queue", "delivery", "imap", "pop3", "midb", "timer", "zcore", "sasl", "learn")
#: What runs at its time.
JOBS = ("cleaner", "mbck")
UNITS = (
    *(f"gromox-{name}.service" for name in DAEMONS),
    *("mariadb.service", "redis@grommunio.service", "grommunio-antispam.service", "nginx.service"),
    *("fail2ban.service", "nftables.service"),
    *(f"gromox-{name}.timer" for name in JOBS),
    "grommunio-antispam-keys.timer",
)
PORTS = (25, 80, 110, 143, 443, 465, 587, 993, 995)
#: The manual, "Permissions", and the layout of the system.
MODES = {
    "/etc/gromox": ("grommunio", "gromoxcf", 0o750),
    "/etc/gromox/mysql_adaptor.cfg": ("grommunio", "gromoxcf", 0o640),
    "/var/lib/gromox": ("gromox", "gromox", 0o770),
    "/run/gromox": ("gromox", "gromox", 0o775),
    "/etc/grommunio-common/secrets": ("root", "root", 0o700),
    "/etc/grommunio-common/ssl/server.key": ("gromox", "gromox", 0o640),
}


@pytest.mark.parametrize("unit", UNITS)
def test_the_unit_runs_and_will_after_a_reboot(host: Host, unit: str) -> None:
    shown = host.check_output(f"systemctl show --property=ActiveState,UnitFileState {unit}")

    assert "ActiveState=active" in shown, host.check_output(f"journalctl --no-pager -n 20 -u {unit}")
    assert "UnitFileState=enabled" in shown


def test_no_unit_has_failed(host: Host) -> None:
    assert host.check_output("systemctl list-units --failed --no-legend --plain") == ""


@pytest.mark.parametrize("name", DAEMONS)
def test_the_daemon_is_nobody_special_and_sees_little(host: Host, name: str) -> None:
    unit = f"gromox-{name}.service"
    process = host.check_output(f"systemctl show --property=MainPID --value {unit}")
    exposure = host.check_output(f"systemd-analyze security --no-pager {unit}").rsplit("Overall", 1)[1]

    assert host.check_output(f"stat -c %U /proc/{process}") == "gromox"
    assert float(exposure.split(":")[1].split()[0]) <= 3.0


@pytest.mark.parametrize("port", PORTS)
def test_the_port_is_open_on_both_families(host: Host, port: int) -> None:
    listening = host.check_output("ss -Hltn")

    assert f"[::]:{port} " in listening or f"*:{port} " in listening


def test_the_way_past_the_filter_is_open_to_this_host_alone(host: Host) -> None:
    listening = [line.split()[3] for line in host.check_output("ss -Hltn").splitlines()]

    assert {address for address in listening if address.endswith(":24")} == {"[::1]:24", "127.0.0.1:24"}


@pytest.mark.parametrize("path", MODES)
def test_files_belong_to_whom_they_should(host: Host, path: str) -> None:
    owner, group, mode = MODES[path]
    file = host.file(path)

    assert (file.user, file.group, file.mode) == (owner, group, mode)


def test_the_database_is_for_those_who_know_the_password(host: Host) -> None:
    assert host.run("runuser -u nobody -- cat /etc/gromox/mysql_adaptor.cfg").rc != 0
    assert host.run("runuser -u nobody -- ls /etc/grommunio-common/secrets").rc != 0


@pytest.mark.parametrize(
    "page", ["imap", "8gx delivery-queue", "mysql_adaptor.cfg", "gromox-dbop", "grommunio-admin"]
)
def test_manual_pages_are_found(host: Host, page: str) -> None:
    assert host.run(f"man -w {page}").rc == 0


@pytest.mark.parametrize("name", JOBS)
def test_what_runs_at_its_time_does_its_work(host: Host, name: str) -> None:
    unit = f"gromox-{name}.service"
    host.check_output(f"systemctl start {unit}")

    assert host.check_output(f"systemctl show -p Result --value {unit}") == "success"


def test_the_nightly_check_tells_what_is_wrong_and_changes_nothing(host: Host) -> None:
    store = "/var/lib/gromox/domain/checked.test"
    wrong = "UPDATE folders SET total = 77 WHERE folder_id = 2"
    host.check_output("grommunio-admin domain create -u 1 checked.test")
    try:
        python = "/usr/lib/gromox/current/bin/python"
        statement = f"import sqlite3; c = sqlite3.connect('{store}/exmdb/exchange.sqlite3')"
        host.check_output(f"{python} -c \"{statement}; c.execute('{wrong}'); c.commit()\"")
        assert host.run("systemctl start gromox-mbck.service").rc != 0
        assert "gromox-mbck.service" in host.check_output("systemctl --failed --plain")
        told = host.check_output("journalctl -u gromox-mbck -t gromox-mbck -p err -o cat --since -1min")
        assert "@checked.test: folder-counter:" in told
        assert "total is 77" in told
        repaired = host.check_output(f"gromox-mbck -p {store}")
        assert "total is 77" in repaired
        host.check_output("systemctl start gromox-mbck.service")
    finally:
        host.run("systemctl reset-failed gromox-mbck.service")
        host.check_output("grommunio-admin domain delete checked.test")
        host.check_output("grommunio-admin domain purge -f -y checked.test")
