"""An installation for the collection to work on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gromox.admin.service.site import open_site
from gromox.directory import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.admin.service.site import Site


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """The folder with the configuration of an installation without domains."""
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "mysql_adaptor.cfg").write_text(
        f"user_database = sqlite:///{tmp_path}/users.sqlite3\nstore_path = {tmp_path}/stores\n"
    )
    return folder


@pytest.fixture
def site(etc: Path) -> Iterator[Site]:
    """That installation."""
    opened = open_site(etc)
    schema.create(opened.directory)
    yield opened
    opened.close()
