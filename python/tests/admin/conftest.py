"""An installation in a temporary directory: configuration files, user database and stores."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pytest

from gromox.admin.cli import main as cli
from gromox.admin.cli.console import Console
from gromox.admin.service.site import Site, open_site
from gromox.directory import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command line gave."""

    code: int
    out: str
    err: str


class Installation:
    """The folders of an installation and its command line."""

    def __init__(self, folder: Path, etc: Path) -> None:
        self.folder, self.etc, self.stores = folder, etc, folder / "stores"
        self.conf_d = self.etc / "conf.d"
        self.site: Site = open_site(self.etc)

    @classmethod
    def made(cls, folder: Path) -> Self:
        """Write the configuration of a new one."""
        (folder / "etc" / "conf.d").mkdir(parents=True)
        (folder / "etc" / "mysql_adaptor.cfg").write_text(
            f"user_database = sqlite:///{folder}/users.sqlite3\nstore_path = {folder}/stores\n"
        )
        return cls(folder, folder / "etc")

    def run(self, *argv: str, stdin: str = "") -> Ran:
        """Run ``grommunio-admin`` with these arguments; usage errors come as exit code 2."""
        out, err = io.StringIO(), io.StringIO()
        console = Console(lambda: open_site(self.etc), out, err, io.StringIO(stdin))
        parser = cli.build_parser()
        args = parser.parse_args(["-c", str(self.etc), *argv])
        try:
            code = cli.run(args, console)
        finally:
            console.close()
        return Ran(code, out.getvalue(), err.getvalue())

    def files(self) -> list[str]:
        """Return everything that is below the folder of the stores."""
        return sorted(str(path.relative_to(self.stores)) for path in self.stores.rglob("*"))


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation without domains."""
    made = Installation.made(tmp_path)
    schema.create(made.site.directory)
    yield made
    made.site.close()


@pytest.fixture
def example(installation: Installation) -> Installation:
    """An installation with the domain example.test."""
    assert installation.run("domain", "create", "-u", "10", "example.test").code == 0
    return installation
