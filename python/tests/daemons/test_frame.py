from __future__ import annotations

from pathlib import Path

import pytest

from gromox.daemons import event
from gromox.daemons.frame import MissingCertificateError, run, tls_of
from gromox.base.secret import Secret


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(event.DAEMON, ["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("gromox-event ")


@pytest.mark.parametrize("option", ["-?", "-h", "--help"])
def test_help_names_the_options(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(event.DAEMON, [option])

    assert ended.value.code == 0
    assert "--check-config" in capsys.readouterr().out


def test_a_sample_is_a_valid_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(event.DAEMON, ["--print-sample"]) == 0
    (tmp_path / "event.cfg").write_text(capsys.readouterr().out)

    assert run(event.DAEMON, ["--check-config", str(tmp_path / "event.cfg")]) == 0
    assert capsys.readouterr().out == ""


def test_the_manual_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(event.DAEMON, ["--print-manual"]) == 0
    assert "event_hosts_allow" in capsys.readouterr().out


def test_a_wrong_value_is_found_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "event.cfg"
    file.write_text("# a comment\nevent_listen_port = many\n")

    assert run(event.DAEMON, ["--check-config", str(file)]) == 1
    assert f"{file}:2" in capsys.readouterr().out


def test_settings_that_are_wrong_end_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "event.cfg"
    file.write_text("event_hosts_allow = everybody\nevent_socket =\nevent_listen_ip =\nrunning_identity =\n")

    assert run(event.DAEMON, ["-c", str(file)]) == 1
    told = capsys.readouterr().err
    assert told.startswith("gromox-event: event_hosts_allow")
    assert "write addresses or networks" in told


def test_a_missing_file_ends_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(event.DAEMON, ["-c", str(tmp_path / "none.cfg")]) == 1
    assert "none.cfg" in capsys.readouterr().err


def test_an_unknown_identity_ends_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    file = tmp_path / "event.cfg"
    lines = ["event_socket =", "event_listen_ip =", "running_identity = nobody-knows-him"]
    file.write_text("\n".join([*lines, f"event_metrics_socket = {tmp_path}/metrics.sock\n"]))

    assert run(event.DAEMON, ["-c", str(file)]) == 1
    assert "there is no user nobody-knows-him: create it" in capsys.readouterr().err


def test_tls_without_a_certificate_is_refused_with_the_directive() -> None:
    with pytest.raises(MissingCertificateError, match="imap_listen_tls needs a certificate"):
        tls_of(None, None, Secret(""), "tls1.2", wanted="imap_listen_tls")
    assert tls_of(None, None, Secret(""), "tls1.2", wanted="") is None
