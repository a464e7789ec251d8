from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from gromox.serve.identity import IdentityError, drop_privileges, give, give_to_group, make_directory
from tests.support.server import environment

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@root
def test_privileges_are_dropped_for_good() -> None:
    program = (
        "import os; from gromox.serve.identity import drop_privileges; drop_privileges('nobody');"
        "print(os.getresuid(), os.getresgid(), os.getgroups())"
    )

    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment()
    ).stdout

    entry = pwd.getpwnam("nobody")
    assert told.strip() == f"{(entry.pw_uid,) * 3} {(entry.pw_gid,) * 3} {[entry.pw_gid]}"


@root
def test_an_unknown_user_is_named() -> None:
    with pytest.raises(IdentityError, match="there is no user nobody-knows-him: create it"):
        drop_privileges("nobody-knows-him")


@root
def test_missing_directories_belong_to_the_user_to_be(tmp_path: Path) -> None:
    make_directory(tmp_path / "one" / "two", "nobody")

    for path in (tmp_path / "one", tmp_path / "one" / "two"):
        assert path.owner() == "nobody"
        assert path.stat().st_mode & 0o777 in {0o770, 0o750}
    assert tmp_path.owner() == "root"


def test_an_empty_name_changes_nothing(tmp_path: Path) -> None:
    before = tmp_path.stat().st_uid
    drop_privileges("")
    give(tmp_path, "")
    assert tmp_path.stat().st_uid == before


@root
def test_a_file_is_given_to_a_group(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    path.touch()

    give_to_group(path, "nobody", "daemon")
    assert (path.owner(), path.group()) == ("nobody", "daemon")
    give_to_group(path, "nobody", "no-such-group")
    assert (path.owner(), path.group()) == ("nobody", "nogroup")
    give_to_group(path, "", "daemon")
    assert (path.owner(), path.group()) == ("nobody", "daemon")
