"""An installation for the collection to work on, and the collection where Python finds it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import ansible_collections
import pytest

from gromox.admin.service.site import open_site
from gromox.directory import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.admin.service.site import Site

TOP: Final = Path(__file__).resolve().parents[3]
COLLECTIONS: Final = TOP / "collections" / "ansible_collections"

if str(COLLECTIONS) not in ansible_collections.__path__:
    ansible_collections.__path__.append(str(COLLECTIONS))


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
