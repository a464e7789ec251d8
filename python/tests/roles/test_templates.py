"""What the roles write on each supported system, those included that no test host runs."""

from __future__ import annotations

import csv
from typing import Final

import pytest

from generators.bundle import PYTHONS
from tests.roles.rendering import ROLES, SYSTEMS, Role, System, packages
from tests.support.collections import TREE

systems: Final = pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)


@systems
@pytest.mark.parametrize("name", ROLES)
def test_every_template_can_be_rendered(name: str, system: System) -> None:
    for file in Role(name, system).files():
        assert file.path.startswith("/"), file.path
        assert file.text.endswith("\n"), file.path
        assert "{{" not in file.text, file.path


@systems
def test_units_have_sections_and_programs(system: System) -> None:
    units = [file for name in ROLES for file in Role(name, system).files() if file.path.endswith(".service")]

    assert len(units) >= 10
    for unit in units:
        assert "[Service]\n" in unit.text, unit.path
        assert "\nExecStart=/" in unit.text, unit.path


@systems
def test_every_package_is_known_from_somewhere(system: System) -> None:
    with (TREE / "docs/reference/packages.tsv").open() as table:
        known = {
            row["package"] for row in csv.DictReader(table, delimiter="\t") if row["family"] == system.family
        }
    wanted = {package for name in ROLES for package in packages(Role(name, system))}

    assert wanted <= known


def test_a_daemon_with_privileged_ports_may_open_them_and_no_other() -> None:
    units = {file.path.rpartition("/")[2]: file.text for file in Role("gromox", SYSTEMS["debian12"]).files()}

    assert "\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n" in units["gromox-imap.service"]
    assert "\nCapabilityBoundingSet=\n" in units["gromox-delivery.service"]


def test_limits_can_be_lowered_for_one_daemon() -> None:
    role = Role("gromox", SYSTEMS["debian12"], gromox_limits={"imap": {"open_files": 1000}})
    units = {file.path.rpartition("/")[2]: file.text for file in role.files()}

    assert "\nLimitNOFILE=1000\n" in units["gromox-imap.service"]
    assert "\nLimitNOFILE=65536\n" in units["gromox-pop3.service"]


def test_the_administration_makes_keys_where_the_filter_looks_for_them() -> None:
    role = Role("antispam", SYSTEMS["debian12"], antispam_dkim_selector="s2")
    files = {file.path.rpartition("/")[2]: file.text for file in role.files()}
    folder = role.value("{{ __antispam_dkim }}")

    assert f'  dkimPath: {folder}\n  dkimSelector: "s2"\n  dkimBits: 2048\n' in files["antispam.yaml"]
    unit = files["grommunio-antispam-keys.service"]
    assert f"\nUser=grommunio\nGroup=grommunio\nReadWritePaths={folder}\n" in unit
    signing = role.render(role.folder / "templates/dkim_signing.j2", {})
    assert (
        f'\nenabled = true;\npath = "{folder}/$domain.$selector.key";\nselector = "s2";'
        in signing.replace("# A domain without this file is not signed; a new file counts at once.\n", "")
    )


def test_only_networks_that_may_send_count_as_local() -> None:
    role = Role("antispam", SYSTEMS["debian12"], postfix_mynetworks=["127.0.0.0/8", "[2001:db8::]/64"])
    files = {file.path: file.text for file in role.files()}

    # A list in local.d would be joined with the distribution's, which has all private networks.
    replaced = files["/etc/grommunio-antispam/override.d/options.inc"]
    assert replaced.endswith('local_addrs = ["127.0.0.0/8", "2001:db8::/64"];\n')
    assert not any("local_addrs" in text for path, text in files.items() if "/local.d/" in path)


@pytest.mark.parametrize(("repair", "command"), [(False, "--here -v"), (True, "--here -v -p")])
def test_the_nightly_check_repairs_only_if_told_to(command: str, *, repair: bool) -> None:
    role = Role("gromox", SYSTEMS["debian12"], gromox_check_repair=repair, gromox_check_time="Sun 03:00")
    units = {file.path.rpartition("/")[2]: file.text for file in role.files()}

    assert f"\nExecStart=/usr/sbin/gromox-mbck {command}\n" in units["gromox-mbck.service"]
    assert "\nOnCalendar=Sun 03:00\n" in units["gromox-mbck.timer"]
    assert "\nOnCalendar=daily\n" in units["gromox-cleaner.timer"]


def test_directives_without_a_variable_can_be_set() -> None:
    role = Role("gromox", SYSTEMS["debian12"], gromox_settings={"imap": {"imap_cmd_debug": 1}})
    files = {file.path.rpartition("/")[2]: file.text for file in role.files()}

    assert "imap_cmd_debug = 1\n" in files["imap.cfg"]
    assert "mysql_password = secret\n" in files["mysql_adaptor.cfg"]


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"gromox_host_id": "mail"}, "not fully qualified"),
        ({"gromox_daemons": ["imap", "gopher"]}, "gopher"),
        ({"gromox_settings": {"gopher": {}}}, "gopher"),
        ({"gromox_bundle_folder": "/nowhere"}, "make dist"),
        ({"gromox_releases_kept": 0}, "gromox_releases_kept"),
    ],
)
def test_the_preflight_names_what_is_wrong(variables: dict[str, object], problem: str) -> None:
    problems = Role("gromox", SYSTEMS["debian12"], **variables).value("{{ __gromox_problems }}")

    assert any(problem in text for text in problems)


@systems
def test_there_is_a_bundle_for_the_python_of_each_system(system: System) -> None:
    assert Role("gromox", system).value("{{ __gromox_python }}") in PYTHONS


def test_a_system_without_a_known_python_is_refused() -> None:
    role = Role("gromox", System("Debian", "Ubuntu", "28.04"))

    assert "Ubuntu 28.04 is not known" in " ".join(role.value("{{ __gromox_problems }}"))
