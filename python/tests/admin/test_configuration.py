"""The administration's own configuration files, and the command that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gromox.admin.service.configuration import read
from gromox.admin.service.errors import ConfigurationError
from gromox.directory.settings import MYSQL_DBNAME

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Installation

# manual, chapter "Administration API (AAPI)"
DATABASE_YAML = """DB:
  host: 'localhost'
  user: 'grommunio'
  pass: 'freddledgruntbuggly'
  database: 'grommunio'
"""


def test_files_are_read_alphabetically_and_merged(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(
        "options:\n  userPrefix: /b\n  antispamEndpoints: [two]\nDB: {port: 1}\n"
    )
    (tmp_path / "a.yaml").write_text("options:\n  userPrefix: /a\n  antispamEndpoints: [one]\n")
    (tmp_path / "ignored.yml").write_text("options: {userPrefix: /c}\n")

    configuration = read(tmp_path)

    assert configuration.get("options.userPrefix") == "/b"
    assert configuration.get("DB.port") == 1
    assert configuration.values["options"] == {"userPrefix": "/b", "antispamEndpoints": ["one", "two"]}
    assert [path.name for path in configuration.origins("options.userPrefix")] == ["a.yaml", "b.yaml"]


def test_without_files_everything_has_its_default(tmp_path: Path) -> None:
    configuration = read(tmp_path / "missing")

    assert configuration.get("options.userPrefix") == "/var/lib/gromox/user/"
    assert configuration.get("DB.host") == "127.0.0.1"
    assert configuration.problems() == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [1\n", "x.yaml:2: no YAML"),
        ("- 1\n", "x.yaml: expected a map"),
        ("1: 2\n", "x.yaml: expected a map"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "x.yaml").write_text(text)

    with pytest.raises(ConfigurationError, match=complaint.replace(".", r"\.")):
        read(tmp_path)


def test_an_executable_tag_is_not_executed(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: !!python/object/apply:os.system ['true']\n")

    with pytest.raises(ConfigurationError, match="no YAML"):
        read(tmp_path)


def test_check_finds_unknown_keys_and_wrong_kinds(installation: Installation) -> None:
    (installation.conf_d / "a.yaml").write_text(
        "options: {userPrefx: /x, exmdbPort: many, fileUid: 17, vhosts: {local: http://x}}\nlogs: {}\n"
    )

    ran = installation.run("config", "check")

    assert ran.code == 1
    assert [line.partition(": ")[2] for line in ran.err.splitlines()] == [
        "options.userPrefx: is not known",
        "options.exmdbPort: expected a number",
    ]


def test_check_is_content_with_the_manuals_file(installation: Installation) -> None:
    (installation.conf_d / "database.yaml").write_text(DATABASE_YAML)

    assert installation.run("config", "check").code == 0


def test_the_manuals_database_file_is_what_counts(installation: Installation) -> None:
    (installation.conf_d / "database.yaml").write_text(DATABASE_YAML)
    (installation.etc / "mysql_adaptor.cfg").unlink()

    from gromox.admin.service.site import open_site

    site = open_site(installation.etc)
    url = site.directory.engine.url
    site.close()

    assert MYSQL_DBNAME.default != "grommunio"
    assert (url.database, url.username, url.password) == ("grommunio", "grommunio", "freddledgruntbuggly")


def test_get_shows_one_value(installation: Installation) -> None:
    (installation.conf_d / "a.yaml").write_text("options: {userPrefix: /srv}\n")

    assert installation.run("config", "get", "options.userPrefix").out == "/srv\n"
    assert installation.run("config", "get", "tasq.disabled").out == "false\n"
    ran = installation.run("config", "get", "options.nothing")
    assert ran.code == 1
    assert "no such key 'options.nothing' - try `grommunio-admin config dump`" in ran.err


def test_passwords_are_shown_only_when_asked_for(installation: Installation) -> None:
    (installation.conf_d / "database.yaml").write_text(DATABASE_YAML)

    for command in (
        ["dump"],
        ["dump", "DB"],
        ["get"],
        ["get", "DB"],
        ["trace", "files"],
        ["trace", "values"],
    ):
        ran = installation.run("config", *command)
        assert ran.code == 0
        assert "freddledgruntbuggly" not in ran.out
        assert "***" in ran.out
    assert installation.run("config", "get", "DB.pass").out == "freddledgruntbuggly\n"


def test_dump_can_be_read_back(installation: Installation, tmp_path: Path) -> None:
    (installation.conf_d / "a.yaml").write_text("options: {userPrefix: /srv}\n")
    folder = tmp_path / "again"
    folder.mkdir()

    (folder / "dumped.yaml").write_text(installation.run("config", "dump").out)

    assert read(folder).get("options.userPrefix") == "/srv"
    assert installation.run("config", "dump", "options.userPrefix").out == "options:\n  userPrefix: /srv\n"


def test_trace_says_where_values_come_from(installation: Installation) -> None:
    one, two = installation.conf_d / "1.yaml", installation.conf_d / "2.yaml"
    one.write_text("options: {userPrefix: /a}\n")
    two.write_text("options: {userPrefix: /b, serverExplicitMount: true}\n")

    assert installation.run("config", "trace", "files").out.splitlines() == [
        str(one),
        "  options.userPrefix: /a",
        str(two),
        "  options.userPrefix: /b",
        "  options.serverExplicitMount: true",
    ]
    values = installation.run("config", "trace", "-s", "values").out.splitlines()
    assert values == [
        f"options.userPrefix: /b ({one}, {two})",
        f"options.serverExplicitMount: true ({two})",
    ]
    assert "DB.port: 3306 (default)" in installation.run("config", "trace", "values", "DB.").out
