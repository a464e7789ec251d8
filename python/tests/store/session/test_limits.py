"""How full a mailbox is, which limit was reached, and who may send for its owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.store.create import create_private
from gromox.store.errors import (
    CountQuotaError,
    DeniedError,
    InvalidValueError,
    LimitError,
    ReceiveQuotaError,
    SendQuotaError,
    StorageQuotaError,
)
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options
from gromox.store.session import SYSTEM, Actor, StoreSession
from gromox.store.session.limits import MAX_DELEGATES, DelegateList
from tests.store.sample import mail, octets

INBOX = 13
BOB = Actor("bob@example.test")


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with create_private(tmp_path / "alice", owner="alice@example.test", user_id=7) as box:
        yield box


@pytest.fixture
def session(mailbox: Mailbox) -> StoreSession:
    return StoreSession.of(mailbox, SYSTEM)


def test_each_limit_has_its_own_refusal(tmp_path: Path, mailbox: Mailbox, session: StoreSession) -> None:
    mailbox.set_quota(storage=4096, receive=2048, send=1024)
    session.check_send()
    session.save_mail(INBOX, octets(size=1500))
    with pytest.raises(SendQuotaError):
        session.check_send()
    with pytest.raises(ReceiveQuotaError):
        mailbox.deliver(mail(size=1000), token="t")
    with pytest.raises(StorageQuotaError):
        session.save_mail(INBOX, octets(size=3000))
    assert session.quota().used == 1500
    mailbox.set_quota(storage=None, receive=None, send=None)
    session.check_send()
    with (
        Mailbox.open(tmp_path / "alice", options=Options(max_messages=1)) as small,
        pytest.raises(CountQuotaError),
    ):
        StoreSession.of(small, SYSTEM).save_mail(INBOX, octets())


@pytest.mark.parametrize("which", list(DelegateList))
def test_who_may_send_for_the_owner(mailbox: Mailbox, session: StoreSession, which: DelegateList) -> None:
    assert session.delegates(which) == ()
    session.set_delegates(["Bob@example.test", " team@example.test", "bob@example.test"], which)
    assert session.delegates(which) == ("bob@example.test", "team@example.test")
    path = mailbox.path / "config" / which.value
    assert path.read_text() == "bob@example.test\nteam@example.test\n"
    assert path.stat().st_mode & 0o777 == 0o660
    session.set_delegates([], which)
    assert session.delegates(which) == ()


def test_rights_and_bounds_of_delegates(mailbox: Mailbox, session: StoreSession) -> None:
    bob = StoreSession.of(mailbox, BOB)
    with pytest.raises(DeniedError):
        bob.delegates()
    with pytest.raises(DeniedError):
        bob.set_delegates(["bob@example.test"])
    with pytest.raises(DeniedError):
        bob.quota()
    for wrong in ("", "bob", "a@b\nc@d", "x" * 320 + "@y"):
        with pytest.raises(InvalidValueError):
            session.set_delegates([wrong])
    with pytest.raises(LimitError):
        session.set_delegates(["a@b"] * (MAX_DELEGATES + 1))
    assert session.delegates() == ()
