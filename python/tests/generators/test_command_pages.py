"""Manual pages of the commands."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from generators.command_pages import pages
from tests.support.collections import TREE

REFERENCE = """\
# Command lines

Exit code 0: done.

## gromox-example

Do an `example`.

| argument | meaning |
|---|---|
| `-f`, `--force` FILE (required) | a\\|b, .hidden or No |

### gromox-example sub

.begins with a dot
"""


def test_a_page_has_every_argument_and_what_all_have_in_common() -> None:
    page = pages(REFERENCE, date="November 28, 2026")["gromox-example"]

    assert ".Dt GROMOX-EXAMPLE 8\n" in page
    assert ".Nd Do an example\n" in page
    assert ".It \\&-f, \\&--force \\&FILE \\&(required)\na|b, .hidden or No\n.El\n" in page
    assert ".Ss gromox-example sub\n" in page
    assert "\\&.begins with a dot\n" in page
    assert page.endswith("Exit code 0: done.\n.Pp\n")


def test_every_command_has_a_page_that_can_be_set() -> None:
    made = pages((TREE / "docs/reference/cli.md").read_text(), date="November 28, 2026")

    assert {"grommunio-admin", "gromox-dbop", "gromox-mbop", "gromox-mailq"} <= set(made)
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    for name, page in made.items():
        done = subprocess.run(
            [groff, "-mdoc", "-Tascii", "-wall", "-z"],
            input=page,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), name
