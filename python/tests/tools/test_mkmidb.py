"""gromox-mkmidb on real mailboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.mailbox import Mailbox
from gromox.tools.mkmidb import main

from .conftest import ALICE

if TYPE_CHECKING:
    from .conftest import Home


def test_it_makes_the_index(home: Home) -> None:
    home.fill(2)
    ran = home.run(main, "-v", ALICE)
    assert ran.code == 0
    assert "up to date" in ran.out
    with Mailbox.open(home.maildir()) as mailbox:
        assert mailbox.is_derived_current()
    assert home.run(main, "-f", ALICE).code == 0
    assert home.run(main, "-U", ALICE).out == ""
    assert home.run(main, "nobody@example.test").code == 1
