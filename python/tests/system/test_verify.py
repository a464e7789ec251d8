"""gromox-verify against a running server: what is right, and that everything wrong is named at once."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from gromox.directory.directory import Directory
from gromox.directory import settings, user
from gromox.base.settings import load
from gromox.tools.verify import main
from gromox.tools.verify.point import Point, PointError, look_at
from tests.support.certificate import write_certificate
from tests.support.server import HOST, GromoxServer, free_port
from tests.system.conftest import ALICE


def run(server: GromoxServer, *arguments: str, services: str = "imaps,pop3s") -> int:
    ports = {"imaps": server.port("imaps"), "pop3s": server.port("pop3s"), "smtp": server.port("smtp")}
    options = [f"--port={name}={port}" for name, port in ports.items()]
    return main(
        ["--host", "localhost", "--address", HOST, "--services", services, "--any-ca", *options, *arguments]
    )


def as_alice(server: GromoxServer, monkeypatch: pytest.MonkeyPatch, password: str = "") -> list[str]:
    monkeypatch.setattr(sys, "stdin", io.StringIO((password or server.password(ALICE)) + "\n"))
    return ["--user", ALICE]


def test_all_is_well(
    server: GromoxServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = server.certificate
    status = run(server, "--bundle", str(bundle), *as_alice(server, monkeypatch))

    told = capsys.readouterr().out
    assert status == 0, told
    assert told.count("\nok ") + told.startswith("ok ") == 9
    assert "FAIL  " not in told
    assert told.endswith("9 points, 0 not as they should be\n")


def test_everything_wrong_is_named(
    server: GromoxServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    write_certificate(tmp_path / "other.pem", tmp_path / "key.pem")
    closed = f"--port=https={free_port()}"
    password = as_alice(server, monkeypatch, "wrong")

    status = run(
        server,
        "--json",
        "--bundle",
        str(tmp_path / "other.pem"),
        closed,
        *password,
        services="imaps,https,smtp",
    )

    findings = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    wrong = {
        name.partition(" (")[0] if "port" in name else name
        for name, each in findings.items()
        if not each["ok"]
    }
    assert status == 1
    assert "a user logs in by IMAPS" in wrong
    assert "mail to port 25 arrives" in wrong
    assert len([name for name in findings if "https" in name and not findings[name]["ok"]]) == 3
    shown = findings[f"port {server.port('imaps')} (imaps) shows a good certificate"]
    assert "not the certificate of" in shown["seen"]
    assert shown["hint"]
    assert findings["a wrong password is refused by IMAPS"]["ok"]


def test_a_visitor_comes_and_goes(server: GromoxServer, capsys: pytest.CaptureFixture[str]) -> None:
    etc = server.home / "etc"
    directory = Directory.open(load(settings.PROGRAM, search=(etc,)))
    before = {each.username for each in user.list_all(directory)}

    status = run(server, "--config", str(etc), "--bundle", "/nowhere")

    assert status == 0, capsys.readouterr().out
    assert {each.username for each in user.list_all(directory)} == before
    directory.close()


@pytest.mark.parametrize(
    "arguments", [["--port", "imaps"], ["--port", "gopher=70"], ["--services", "gopher"]]
)
def test_what_makes_no_sense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_point_that_fails_hinders_no_other() -> None:
    def refuse() -> str:
        raise PointError("no")

    def break_off() -> str:
        raise ConnectionResetError(104, "reset")

    findings = list(
        look_at([Point("a", refuse, "do this"), Point("b", break_off), Point("c", lambda: "x" * 1000)])
    )

    assert [(each.name, each.ok, each.hint) for each in findings] == [
        ("a", False, "do this"),
        ("b", False, ""),
        ("c", True, ""),
    ]
    assert findings[1].seen == "ConnectionResetError: [Errno 104] reset"
    assert len(findings[2].seen) == 300
