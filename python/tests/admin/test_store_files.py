"""To whom the files of a store belong, and what is never removed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gromox.admin.service.configuration import Configuration, Source
from gromox.admin.service.errors import AdminError, ConfigurationError
from gromox.admin.service.store_files import (
    Ownership,
    hand_over,
    make_parents,
    ownership,
    remove_made,
    remove_store,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.admin.service.configuration import Value

    from .conftest import Installation

IS_ROOT = os.geteuid() == 0


def configured(tmp_path: Path, **options: Value) -> Configuration:
    values: dict[str, Value] = {"options": dict(options)}
    return Configuration((Source(tmp_path / "a.yaml", values),), values)


def test_names_numbers_and_modes(tmp_path: Path) -> None:
    assert ownership(configured(tmp_path, fileUid="root", fileGid=0, filePermissions="0o640")) == Ownership(
        0, 0, 0o640
    )
    assert ownership(configured(tmp_path, fileUid=12, fileGid="12")).user_id == 12


def test_who_is_not_root_keeps_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert ownership(configured(tmp_path)) == Ownership()


@pytest.mark.parametrize("options", [{"fileUid": "nobody-at-all"}, {"filePermissions": "rw"}])
def test_wrong_options_are_named(tmp_path: Path, options: dict[str, Value]) -> None:
    with pytest.raises(ConfigurationError, match=r"options\.fileUid"):
        ownership(configured(tmp_path, **options))


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files away")
def test_everything_of_a_new_user_belongs_to_the_configured_account(example: Installation) -> None:
    (example.conf_d / "owner.yaml").write_text("options: {fileUid: 4711, fileGid: 4712}\n")

    assert example.run("user", "create", "alice@example.test").code == 0

    user = example.stores / "user"
    for path in (user, *user.rglob("*")):
        assert (path.stat().st_uid, path.stat().st_gid) == (4711, 4712)


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o600)
    store = tmp_path / "store"
    store.mkdir()
    (store / "link").symlink_to(outside)

    hand_over(store, Ownership())

    assert outside.stat().st_mode & 0o777 == 0o600


def test_directories_above_are_made_and_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "user" / "example.test" / "alice"

    made = make_parents(path, Ownership())
    assert made == [tmp_path / "user", tmp_path / "user" / "example.test"]
    (tmp_path / "user" / "other").mkdir()
    remove_made(made)

    assert [entry.name for entry in (tmp_path / "user").iterdir()] == ["other"]


def test_only_stores_are_removed(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "holiday.jpg").write_bytes(b"x")
    link = tmp_path / "link"
    link.symlink_to(photos)
    file = tmp_path / "file"
    file.write_text("x")

    for path in (photos, link, file):
        with pytest.raises(AdminError, match="is not the directory of a mailbox"):
            remove_store(path)
    assert (photos / "holiday.jpg").exists()
    assert remove_store(tmp_path / "nothing") is False
