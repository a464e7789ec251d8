from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from generators import lock_check, settings_docs
from gromox.base.settings import Option, Program, integer

if TYPE_CHECKING:
    from pathlib import Path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["settings_docs", *arguments])
    return settings_docs.main()


def test_documents_follow_the_declarations(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = Program("x", "the X server", ("x.cfg",), (Option("x_tries", integer, 3, "Tries."),))
    monkeypatch.setattr(settings_docs, "programs", lambda: [program])
    monkeypatch.setattr(settings_docs, "OUTPUT", tmp_path)
    (tmp_path / "gone.5").touch()

    assert run(monkeypatch, "--check") == 1
    assert "gone.5: no program has these settings any more" in capsys.readouterr().err

    assert run(monkeypatch) == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x.5", "x.sample.cfg"]
    assert "#x_tries = 3" in (tmp_path / "x.sample.cfg").read_text()
    assert run(monkeypatch, "--check") == 0


def test_programs_are_found_where_they_are_declared() -> None:
    found = {program.name for program in settings_docs.programs()}

    assert {"imap", "pop3", "smtp", "delivery", "event", "mysql_adaptor"} <= found


def test_every_option_of_every_program_can_be_read_back() -> None:
    """The default, as it is shown, is a text its own parser takes."""
    for program in settings_docs.programs():
        for option in program.options:
            shown = option.default_text()
            if shown:
                assert option.parse(shown) == option.default, f"{program.name}: {option.name} = {shown}"
            assert option.help.endswith("."), f"{program.name}: {option.name} has no sentence as help"


def test_a_lock_that_lacks_something_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock_check.main() == 0

    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["First>=2", "second-one"]\n[dependency-groups]\ndev = ["third"]\n'
    )
    (tmp_path / "requirements" / "runtime.txt").write_text("first==1.0 \\\nsecond-one==3 ; extra\n")
    (tmp_path / "requirements" / "dev.txt").write_text("first==2.0\nsecond-one==3\nthird==1\n")
    monkeypatch.setattr(lock_check, "PROJECT", tmp_path)

    assert lock_check.main() == 1
    assert capsys.readouterr().out == "runtime.txt has 1.0 for First>=2; run scripts/lock\n"
