"""``grommunio-admin dbconf`` and the commands that changes run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from gromox.admin.service import dbconf
from gromox.admin.service.errors import AdminError, InputError
from gromox.directory import dbconf as table
from gromox.directory.errors import InvalidError

from .conftest import Installation


class Recorder:
    """Takes commands instead of the system."""

    def __init__(self) -> None:
        self.ran: list[list[str]] = []

    def __call__(self, argv: Sequence[str]) -> None:
        self.ran.append(list(argv))


def hook(installation: Installation, **commands: str) -> None:
    values: dict[str, str | None] = {f"commit_{level}": text for level, text in commands.items()}
    table.change(installation.site.directory, "grommunio-dbconf", "postfix", values)


@pytest.fixture
def postfix(installation: Installation) -> Installation:
    """An installation with two keys of Postfix."""
    installation.run("dbconf", "set", "postfix", "main.cf", "size", "5")
    installation.run("dbconf", "set", "postfix", "main.cf", "name", "a b")
    return installation


def test_values_are_set_listed_shown_and_deleted(postfix: Installation) -> None:
    assert postfix.run("dbconf", "list").out == "postfix\n"
    assert postfix.run("dbconf", "list", "postfix").out == "main.cf\n"
    assert postfix.run("dbconf", "list", "postfix", "main.cf").out == "name\nsize\n"
    assert postfix.run("dbconf", "get", "postfix", "main.cf").out == "name=a b\nsize=5\n"
    assert postfix.run("dbconf", "get", "postfix", "main.cf", "size").out == "5\n"
    assert postfix.run("dbconf", "set", "-i", "postfix", "main.cf", "size", "9").out == (
        "The key exists; nothing was changed\n"
    )
    assert postfix.run("dbconf", "delete", "postfix", "main.cf", "size").out == "Deleted 1 entry\n"
    assert postfix.run("dbconf", "get", "postfix", "main.cf").out == "name=a b\n"
    assert postfix.run("dbconf", "delete", "postfix").code == 0
    assert postfix.run("dbconf", "list").out == ""


@pytest.mark.parametrize(
    "argv",
    [
        ("get", "postfix", "main.cf", "other"),
        ("delete", "nginx"),
        ("delete", "postfix", "main.cf", "other"),
        ("commit", "nginx"),
        ("commit", "postfix", "main.cf", "other"),
    ],
)
def test_what_is_not_there_is_named(postfix: Installation, argv: tuple[str, ...]) -> None:
    ran = postfix.run("dbconf", *argv)

    assert ran.code == 1
    assert f"there is no {'/'.join(argv[1:])} in the database" in ran.err


def test_the_white_list_is_shown(installation: Installation) -> None:
    assert installation.run("dbconf", "commands", "service").out == (
        "service: systemctl reload $SERVICE (#RELOAD)\nservice: systemctl restart $SERVICE (#RESTART)\n"
    )
    assert len(installation.run("dbconf", "commands").out.splitlines()) == 4


def test_a_level_without_a_command_is_carried_out_by_the_next_lower_one(postfix: Installation) -> None:
    run = Recorder()
    hook(postfix, key="#POSTCONF")
    each = [["postconf", "-e", "--", "name=a b"], ["postconf", "-e", "--", "size=5"]]

    dbconf.commit(postfix.site, "postfix", run=run)
    dbconf.commit(postfix.site, "postfix", "main.cf", run=run)
    dbconf.commit(postfix.site, "postfix", "main.cf", "size", run=run)
    assert run.ran == [*each, *each, each[1]]

    run.ran.clear()
    hook(postfix, file="#POSTCONF")
    dbconf.commit(postfix.site, "postfix", run=run)
    assert run.ran == [["postconf", "-e", "--", "name=a b", "size=5"], ["systemctl", "reload", "postfix"]]

    run.ran.clear()
    hook(postfix, service="#RESTART")
    assert dbconf.commit(postfix.site, "postfix", run=run) == ["systemctl restart $SERVICE"]
    assert run.ran == [["systemctl", "restart", "--", "postfix"]]


def test_a_change_runs_the_most_special_command(postfix: Installation) -> None:
    run = Recorder()
    assert dbconf.commit_change(postfix.site, "postfix", "main.cf", ["size"], run=run) == []

    hook(postfix, service="systemctl reload $SERVICE")
    dbconf.commit_change(postfix.site, "postfix", "main.cf", ["size"], run=run)
    hook(postfix, key="postconf -e $ENTRY")
    dbconf.commit_change(postfix.site, "postfix", "main.cf", ["size", "gone"], run=run)

    assert run.ran == [["systemctl", "reload", "--", "postfix"], ["postconf", "-e", "--", "size=5"]]


@pytest.mark.parametrize("text", ["rm -rf /", "#POSTCONF ; id", "systemctl restart $SERVICE"])
def test_nothing_else_is_run(postfix: Installation, text: str) -> None:
    run = Recorder()
    hook(postfix, key=text)

    with pytest.raises(InputError, match="is not allowed as commit_key of postfix"):
        dbconf.commit(postfix.site, "postfix", run=run)
    assert run.ran == []


def test_commands_that_fail_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "postconf"
    broken.write_text("#!/bin/sh\necho it is broken >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    with pytest.raises(AdminError, match="postconf -e failed: it is broken"):
        dbconf.run_command(["postconf", "-e", "a=b"])
    with pytest.raises(AdminError, match="cannot run nosuchprogram"):
        dbconf.run_command(["nosuchprogram"])


def test_names_and_values_are_bounded(installation: Installation) -> None:
    directory = installation.site.directory
    table.change(directory, "s" * 200, "f" * 200, {"k" * 200: "v" * 255})

    for service, file, key, value in (
        ("s" * 201, "f", "k", "v"),
        ("s", "", "k", "v"),
        ("s", "f", "k" * 201, "v"),
        ("s", "f", "k", "v" * 256),
        ("s", "f", "k\n", "v"),
        ("s", "f", "k", "v\0"),
    ):
        with pytest.raises(InvalidError):
            table.change(directory, service, file, {key: value})
    with pytest.raises(InvalidError, match="at most 10000 keys"):
        table.change(directory, "s", "f", {str(number): "v" for number in range(10_001)})
