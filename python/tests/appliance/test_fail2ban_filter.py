"""The filter of the fail2ban role against lines that the log really writes.

``<ADDR>`` is what fail2ban puts an expression for addresses in place of; the one here stands for it.
"""

from __future__ import annotations

import configparser
import re
from typing import TYPE_CHECKING, Final

import pytest

from gromox.base import log

from tests.support.collections import TREE

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE: Final = TREE / "roles" / "fail2ban" / "templates" / "filter.conf.j2"
ADDRESS: Final = r"\[?(?:::f{4,6}:)?(?P<address>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:]{3,39})\]?"


@pytest.fixture(scope="module")
def expression() -> re.Pattern[str]:
    parser = configparser.ConfigParser()
    # without the line that only Ansible can read
    lines = [line for line in TEMPLATE.read_text().splitlines() if not line.startswith("{{")]
    parser.read_string("\n".join(lines))
    return re.compile(parser["Definition"]["failregex"].replace("<ADDR>", ADDRESS))


def written(folder: Path, *, address: str, user: str, operation: str, reason: str) -> str:
    """Return the line in a log file, without its date, which fail2ban takes off."""
    file = folder / "log"
    try:
        log.configure("gromox-imap", log.NOTICE, str(file))
        log.get_logger("test").auth_rejected(operation, address=address, user=user, reason=reason)
    finally:
        log.configure("gromox", log.NOTICE)
    return file.read_text().splitlines()[-1].partition("Z")[2]


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"])
@pytest.mark.parametrize(
    "operation", ["LOGIN phase1", "AUTHENTICATE PLAIN", "login", "HTTP auth", "SASL smtp"]
)
def test_a_refused_login_names_the_address(
    tmp_path: Path, expression: re.Pattern[str], address: str, operation: str
) -> None:
    line = written(tmp_path, address=address, user="a@example.test", operation=operation, reason="no")
    journal = line.replace(" notice gromox-imap: ", "mail1 imap[4711]: ")

    for seen in (line, journal):
        found = expression.match(seen)
        assert found, seen
        assert found["address"] == address.removeprefix("::ffff:")


@pytest.mark.parametrize(
    "user",
    [
        "x] user=y LOGIN phase1 rejected: no rhost=[203.0.113.9",
        "a\nmail1 imap[1]: rhost=[203.0.113.9] user=b LOGIN phase1 rejected: no",
        "",
        "ü ber",
    ],
)
def test_a_name_cannot_lock_somebody_else_out(tmp_path: Path, expression: re.Pattern[str], user: str) -> None:
    line = written(tmp_path, address="192.0.2.7", user=user, operation="login", reason="no")

    found = expression.match(line)
    assert found
    assert found["address"] == "192.0.2.7"


@pytest.mark.parametrize(
    "line",
    [
        " notice gromox-imap: connection closed address=192.0.2.7",
        ' notice gromox-imap: mail said="rhost=[192.0.2.7] user=a login rejected: no"',
        "mail1 imap[1]: user=rhost=[192.0.2.7] user=a login rejected: no",
    ],
)
def test_other_lines_mean_nothing(expression: re.Pattern[str], line: str) -> None:
    assert not expression.match(line)
