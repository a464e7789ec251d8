"""gromox-mkprivate: make the mailbox of a user who is in the user database."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from gromox.admin.service import mailbox
from gromox.directory import user as directory_user
from gromox.tools.make_store import Maker, Subject, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gromox.admin.service.site import Site


def _subject(site: Site, name: str) -> Subject:
    user = directory_user.get(site.directory, name)

    def make(data: Path | None, force: bool) -> None:  # noqa: FBT001 - both makers have this signature
        mailbox.create(site, user, data_directory=data, force=force)

    return Subject(user.username, user.maildir, make)


MAKER: Final = Maker(
    "gromox-mkprivate", "Create or upgrade the mailbox database of a user.", "user@domain", _subject
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    return run(MAKER, argv)


if __name__ == "__main__":
    sys.exit(main())
