"""gromox-dbop as an operator runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from gromox.tools.dbop import main

if TYPE_CHECKING:
    from tests.support.mariadb import MariaDb

# Manual, "Gromox user database", without the two tables that no longer exist.
MANUAL = [
    *("admin_roles", "associations", "configs", "domains", "forwards", "groups", "mlists", "options", "orgs"),
    *("specifieds", "users", "aliases", "user_properties", "admin_role_permission_relation"),
    *("admin_user_role_relation", "classes", "fetchmail", "secondary_store_hints", "user_devices"),
    *("user_device_history", "task_queue"),
]


@pytest.fixture
def config(tmp_path: Path, mariadb_server: MariaDb) -> Path:
    """The configuration file of the manual, for a database of the test's server."""
    name = make_url(mariadb_server.new_database()).database
    file = tmp_path / "mysql_adaptor.cfg"
    file.write_text(f"mysql_username=root\nmysql_host={mariadb_server.socket}\nmysql_dbname={name}\n")
    return file


def test_the_session_of_the_manual(config: Path) -> None:
    command = [sys.executable, "-m", "gromox.tools.dbop", "-c", str(config)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}

    done = subprocess.run([*command, "-C"], capture_output=True, text=True, check=False, env=environment)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[: len(MANUAL)] == [f"Creating {title}" for title in MANUAL]
    again = subprocess.run([*command, "-U"], capture_output=True, text=True, check=False, env=environment)
    assert (again.returncode, again.stdout, again.stderr) == (0, "Current schema GX-133\n", "")


def test_an_old_database_is_upgraded(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--create-old", "-c", str(config)]) == 0
    assert capsys.readouterr().out.startswith("Creating aliases\nCreating associations\nCreating classes\n")

    assert main(["-U", "-c", str(config)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[-1]) == ("Current schema GX-0", "Upgraded schema to GX-133")


def test_errors_say_what_to_do(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-U", "-c", str(config)]) == 1
    assert "gromox-dbop -C" in capsys.readouterr().err
    assert main(["-C", "-c", str(config)]) == 0
    assert main(["-C", "-c", str(config)]) == 1
    assert "gromox-dbop -U" in capsys.readouterr().err
    config.write_text("mysql_host=/nowhere.sock\nmysql_password=topsecret\n")
    assert main(["-C", "-c", str(config)]) == 1
    told = capsys.readouterr()
    assert "/nowhere.sock" in told.err
    assert "topsecret" not in told.err + told.out
    assert main(["-C", "-c", str(tmp_path / "missing.cfg")]) == 1
    assert "missing.cfg" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "code"), [(["-?"], 0), ([], 2), (["-C", "-U"], 2), (["-x"], 2)])
def test_usage(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == code
    told = capsys.readouterr()
    assert "--create-old" in told.out + told.err


def test_the_state_tells_what_there_is_to_do(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", str(config), "--state"]) == 0
    assert capsys.readouterr().out == "none\n"

    main(["-c", str(config), "--create-old"])
    capsys.readouterr()
    main(["-c", str(config), "--state"])
    assert capsys.readouterr().out == "old GX-0\n"

    main(["-c", str(config), "-U"])
    capsys.readouterr()
    main(["-c", str(config), "--state"])
    assert capsys.readouterr().out == "current GX-133\n"


@pytest.mark.parametrize(("line", "status"), [("mysql_port=3306", 0), ("mysql_port=many", 1)])
def test_a_file_is_judged_without_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, status: int
) -> None:
    file = tmp_path / "new.tmp"
    file.write_text(f"{line}\n")

    assert main(["--check-config", str(file)]) == status
    assert ("error: " in capsys.readouterr().out) == bool(status)
