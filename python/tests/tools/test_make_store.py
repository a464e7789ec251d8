"""gromox-mkprivate and gromox-mkpublic on real files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gromox.directory import user as directory_user
from gromox.store.mailbox import Mailbox
from gromox.tools import mkprivate, mkpublic

from .conftest import ALICE, BOB

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Home


def test_a_lost_mailbox_is_made_again_in_the_users_language(home: Home) -> None:
    shutil.rmtree(home.maildir(BOB))

    ran = home.run(mkprivate.main, "-v", BOB)

    database = home.maildir(BOB) / "exmdb" / "exchange.sqlite3"
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"Store of {BOB}: {home.maildir(BOB)}\nCreated {database} with 29 folders\n"
    with Mailbox.open(home.maildir(BOB)) as mailbox:
        assert (mailbox.owner, mailbox.folder(0x0D).name) == (BOB, "Posteingang")


def test_a_mailbox_that_is_there_is_kept(home: Home) -> None:
    home.fill(1)

    ran = home.run(mkprivate.main, ALICE)

    assert (ran.code, ran.out) == (1, "")
    assert "exists already; -U upgrades it, -f replaces it" in ran.err
    assert home.totals() == (1, 0)


def test_force_replaces_it_with_its_log(home: Home) -> None:
    home.fill(1)

    assert home.run(mkprivate.main, "-f", ALICE).code == 0

    assert home.totals() == (0, 0)


def test_upgrade_keeps_everything(home: Home) -> None:
    home.fill(2)

    ran = home.run(mkprivate.main, "-U", "-v", ALICE)

    assert ran.code == 0
    assert "has the newest schema" in ran.out
    assert home.totals() == (2, 0)


def test_upgrade_does_not_create(home: Home) -> None:
    shutil.rmtree(home.maildir())

    assert "does not exist; run without -U" in home.run(mkprivate.main, "-U", ALICE).err
    assert not home.maildir().exists()


def test_integrity_says_that_all_is_well(home: Home) -> None:
    home.fill(3)

    assert home.run(mkprivate.main, "--integrity", ALICE).out.endswith("exchange.sqlite3: no problems\n")


def test_own_names_can_be_given(home: Home, tmp_path: Path) -> None:
    (tmp_path / "folder_names.txt").write_text("[en]\n0d = In\n", encoding="utf-8")

    assert home.run(mkprivate.main, "-f", "-T", str(tmp_path), ALICE).code == 0

    with Mailbox.open(home.maildir()) as mailbox:
        assert mailbox.folder(0x0D).name == "In"


def test_a_damaged_names_file_leaves_nothing(home: Home, tmp_path: Path) -> None:
    (tmp_path / "folder_names.txt").write_text("nonsense\n", encoding="utf-8")
    shutil.rmtree(home.maildir())

    assert "folder_names.txt:1" in home.run(mkprivate.main, "-T", str(tmp_path), ALICE).err
    assert not home.maildir().exists()


def test_public_stores(home: Home) -> None:
    homedir = home.stores / "domain" / "example.test"
    shutil.rmtree(homedir)

    ran = home.run(mkpublic.main, "-v", "example.test")

    assert ran.code == 0
    assert "with 4 folders" in ran.out
    with Mailbox.open(homedir) as mailbox:
        assert mailbox.is_public
        assert mailbox.child(1, "IPM_SUBTREE") is not None


@pytest.mark.parametrize(
    ("main", "name", "complaint"),
    [
        (mkprivate.main, "eve@example.test", "no user eve@example.test"),
        (mkpublic.main, "other.test", "no domain other.test"),
    ],
)
def test_unknown_names(home: Home, main: object, name: str, complaint: str) -> None:
    assert callable(main)
    ran = home.run(main, name)

    assert ran.code == 1
    assert complaint in ran.err


def test_a_user_without_a_mailbox_is_explained(home: Home) -> None:
    directory_user.modify(home.site.directory, ALICE, {"maildir": ""})

    assert "has no store" in home.run(mkprivate.main, ALICE).err


def test_old_schemas_are_refused(home: Home) -> None:
    ran = home.run(mkprivate.main, "--create-old", ALICE)

    assert ran.code == 2
    assert "cannot be made" in ran.err


@pytest.mark.parametrize("main", [mkprivate.main, mkpublic.main])
@pytest.mark.parametrize("option", ["-?", "--help"])
def test_they_explain_themselves(home: Home, main: object, option: str) -> None:
    assert callable(main)
    with pytest.raises(SystemExit) as stopped:
        home.run(main, option)

    assert stopped.value.code == 0
