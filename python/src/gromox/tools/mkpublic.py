"""gromox-mkpublic: make the public store of a domain that is in the user database."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from gromox.admin.service.domain import make_store
from gromox.directory import domain as directory_domain
from gromox.tools.make_store import Maker, Subject, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gromox.admin.service.site import Site


def _subject(site: Site, name: str) -> Subject:
    domain = directory_domain.get(site.directory, name)

    def make(data: Path | None, force: bool) -> None:  # noqa: FBT001 - both makers have this signature
        make_store(site, domain, data_directory=data, force=force)

    return Subject(domain.name, domain.homedir, make)


MAKER: Final = Maker(
    "gromox-mkpublic", "Create or upgrade the public store database of a domain.", "domain", _subject
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    return run(MAKER, argv)


if __name__ == "__main__":
    sys.exit(main())
