from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from gromox.base.configtext import parse_entries
from gromox.base.secret import Secret
from gromox.base.settings import (
    Option,
    Program,
    Settings,
    integer,
    load,
    quantity,
    render_manual,
    render_sample,
    secret,
    text,
    timespan,
)

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = Program(
    "x",
    "the X server",
    ("gromox.cfg", "x.cfg"),
    (
        Option(
            "x_timeout", timespan, 180.0, "Silence.", low=30, high=3600, aliases=("x_idle",), reloadable=True
        ),
        Option("x_level", integer, 4, "Level.", low=1, unit="steps"),
        Option("x_ratio", quantity, 1024, "Ratio.", high=2048),
        Option("x_kind", text, "a", "Kind.", choices=("a", "")),
        Option("x_password", secret, Secret("hunter2"), "'Quoted \\ help'.", secret=True),
    ),
    description=".It serves X.",
)


def test_the_sample_holds_the_defaults_commented_out(tmp_path: Path) -> None:
    sample = render_sample(PROGRAM)

    assert parse_entries(sample.encode(), "sample") == []
    assert (
        "# Silence. Clamped to [30s..1h]. Former names: x_idle. Taken over by a reload.\n#x_timeout = 3min"
        in sample
    )
    assert "Unit: steps. Clamped to [1..]." in sample
    assert "One of: a, nothing." in sample
    assert "hunter2" not in sample
    assert "#x_password =\n" in sample
    # Without the comment signs it is a file that means the defaults.
    file = tmp_path / "x.cfg"
    file.write_text(sample.replace("\n#x_timeout", "\nx_timeout").replace("\n#x_level", "\nx_level"))
    defaults = Settings.of(PROGRAM)
    settings = load(PROGRAM, config=file)
    assert [settings[option] for option in PROGRAM.options[:2]] == [
        defaults[option] for option in PROGRAM.options[:2]
    ]


def test_the_manual_page_names_every_directive() -> None:
    page = render_manual(PROGRAM)

    for option in PROGRAM.options:
        assert f".It Ic {option.name} Pq " in page
    assert ".Dt X.CFG 5" in page
    assert "\\&.It serves X." in page
    assert "\\&'Quoted \\e help'." in page
    assert "hunter2" not in page


def test_the_manual_page_can_be_typeset() -> None:
    done = subprocess.run(
        ["groff", "-mdoc", "-Tascii", "-P-cbou", "-ww"],
        input=render_manual(PROGRAM).encode(),
        capture_output=True,
        check=True,
    )
    assert b"x_timeout" in done.stdout
    assert done.stderr == b""
