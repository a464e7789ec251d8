"""taginfo, version, completion, shell, and the command line as such."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gromox.admin.cli import main as cli
from gromox.admin.cli.registry import COMMANDS
from gromox.admin.service.errors import InputError
from gromox.admin.service.property_name import name_of, tag_of, text_of, value_of
from gromox.admin.service.version import API_VERSION, backend_version

if TYPE_CHECKING:
    import argparse

    from .conftest import Installation


def test_taginfo_knows_numbers_and_names(installation: Installation) -> None:
    expected = "0x3001001F (805371935): PidTagDisplayName PR_DISPLAY_NAME"
    for tag in ("0x3001001f", "805371935", "PR_DISPLAY_NAME", "PidTagDisplayName", "displayname"):
        ran = installation.run("taginfo", tag)
        assert ran.code == 0
        assert ran.out.startswith(expected)
        assert ran.out.endswith("type String\n")


def test_taginfo_shows_all_types_of_an_identifier(installation: Installation) -> None:
    assert [line[:10] for line in installation.run("taginfo", "0x3001").out.splitlines()] == [
        "0x3001001E",
        "0x3001001F",
    ]


def test_taginfo_goes_on_after_a_wrong_tag(installation: Installation) -> None:
    ran = installation.run("taginfo", "nonsense", "0xzz", "0x1234567890", "0x0E1F000B", "0x6FFE0003")

    assert ran.code == 1
    assert len(ran.err.splitlines()) == 3
    assert "0x6FFE0003 (1878917123): unknown, type Integer32" in ran.out


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("displayname", 0x3001001F),
        ("storagequotalimit", 0x3FF50003),
        ("prohibitsendquota", 0x666E0003),
        ("prohibitreceivequota", 0x666A0003),
        ("displaytypeex", 0x39050003),
        ("attributehidden_gromox", 0x10F40003),
        ("smtpaddress", 0x39FE001F),
        ("mobiletelephonenumber", 0x3A1C001F),
    ],
)
def test_property_names_of_the_interface(name: str, tag: int) -> None:
    assert tag_of(name) == tag
    assert name_of(tag) == name


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (0x3001001F, "Grüße, Alice"),
        (0x3FF50003, "1048576"),
        (0x10F4000B, "1"),
        (0x30070040, "2026-11-22 14:30:00"),
        (0x8C9E0102, "00ff"),
    ],
)
def test_property_values_are_read_as_they_are_shown(tag: int, text: str) -> None:
    assert text_of(tag, value_of(tag, text)) == text


@pytest.mark.parametrize(
    ("tag", "text"),
    [(0x3FF50003, "much"), (0x10F4000B, "perhaps"), (0x30070040, "today"), (0x8C9E0102, "xyz")],
)
def test_wrong_property_values_are_explained(tag: int, text: str) -> None:
    with pytest.raises(InputError, match=text):
        value_of(tag, text)


def test_version(installation: Installation) -> None:
    assert installation.run("version").out == f"API: {API_VERSION}\nBackend: {backend_version()}\n"
    assert installation.run("version", "-a").out == f"{API_VERSION}\n"
    assert installation.run("version", "-b").out == f"{backend_version()}\n"
    assert installation.run("version", "-c").out == f"{backend_version()} (API {API_VERSION})\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_code_names_the_program(installation: Installation, shell: str) -> None:
    assert "grommunio-admin" in installation.run("completion", shell).out


def completions(line: str, environment: dict[str, str]) -> list[str]:
    """Ask as a shell with our completion code does."""
    ran = subprocess.run(
        [sys.executable, "-c", "from gromox.admin.cli.main import main; main()"],
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_STDOUT_FILENAME": environment["OUT"],
            "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
            **environment,
        },
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert b"Traceback" not in ran.stderr
    return [word.strip() for word in Path(environment["OUT"]).read_text(encoding="utf-8").split("\n") if word]


def test_the_shell_offers_commands_options_and_names(example: Installation) -> None:
    out = example.folder / "completions"
    environment = {"OUT": str(out), cli.ENVIRONMENT: str(example.etc)}

    assert completions("grommunio-admin pas", environment) == ["passwd"]
    assert "--maxUser" in completions("grommunio-admin domain create --", environment)
    assert completions("grommunio-admin domain show ex", environment) == ["example.test"]


def test_completion_offers_nothing_when_the_database_is_broken(installation: Installation) -> None:
    (installation.etc / "mysql_adaptor.cfg").write_text("mysql_port = many\n")
    environment = {"OUT": str(installation.folder / "completions"), cli.ENVIRONMENT: str(installation.etc)}

    assert completions("grommunio-admin domain show ex", environment) == []


def all_parsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    found = [parser]
    for action in parser._actions:
        if action.nargs == "A..." and isinstance(action.choices, dict):
            for below in action.choices.values():
                found += all_parsers(below)
    return found


@pytest.mark.parametrize("parser", all_parsers(cli.build_parser()), ids=lambda parser: parser.prog)
def test_every_command_explains_itself(parser: argparse.ArgumentParser) -> None:
    text = parser.format_help()

    assert parser.description
    assert "-h" in text
    undocumented = [
        action.dest
        for action in parser._actions
        if not action.help and action.nargs != "A..." and not action.option_strings
    ]
    assert undocumented == []


def test_the_list_of_commands_needs_none_of_them() -> None:
    listed = cli.build_parser([]).format_help()
    full = cli.build_parser()

    for name, summary in COMMANDS.items():
        assert f"    {name} " in listed
        assert any(
            (parser.description or "").startswith(summary)
            for parser in all_parsers(full)
            if parser.prog.endswith(name)
        )


def test_a_wrong_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["domains"])

    assert stopped.value.code == 2
    assert "invalid choice: 'domains'" in capsys.readouterr().err


def test_a_missing_configuration_is_named(installation: Installation) -> None:
    assert cli.main(["-c", str(installation.folder / "no"), "user", "query"]) == 1


def test_the_shell_carries_out_lines(example: Installation) -> None:
    ran = example.run("shell", stdin="# comment\n\ndomain query domainname\nversion -a\nexit\nversion -b\n")

    assert ran.code == 0
    assert ran.out.splitlines() == ["domainname", "example.test", API_VERSION]


def test_the_shell_goes_on_after_errors(example: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    ran = example.run("shell", stdin="domain show nix\nnonsense\nversion 'x\nshell\nversion -a\n")

    assert ran.out == f"{API_VERSION}\n"
    assert "No such domain 'nix'" in ran.err
    assert "no closing quotation" in ran.err
    assert "in the shell already" in ran.err
    assert "invalid choice: 'nonsense'" in capsys.readouterr().err


def test_the_shell_can_end_with_the_first_error(example: Installation) -> None:
    ran = example.run("shell", "-x", stdin="domain show nix\nversion -a\n")

    assert (ran.code, ran.out) == (1, "")


def test_output_that_nobody_reads_is_no_error(installation: Installation) -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from gromox.admin.cli.main import main; raise SystemExit(main())",
            "config",
            "dump",
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), cli.ENVIRONMENT: str(installation.etc)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(60) == 0
