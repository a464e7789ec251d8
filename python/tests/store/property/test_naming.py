"""Named properties of a mailbox."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from gromox.mapi import named
from gromox.mapi.guids import PS_INTERNET_HEADERS, PS_MAPI, PS_PUBLIC_STRINGS
from gromox.mapi.propname import PropertyName
from gromox.share.property_names import property_names
from gromox.store.create import create_private
from gromox.store.errors import InvalidValueError, LimitError
from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, StoreSession

OWN = UUID("11111111-2222-3333-4444-555555555555")
FIRST, TEXT, NUMBER = PropertyName(OWN, "first"), PropertyName(OWN, "Second"), PropertyName(OWN, 0x8501)


@pytest.fixture
def session(mailbox: Mailbox) -> StoreSession:
    return StoreSession.of(mailbox, SYSTEM)


def test_names_get_ids_when_asked_to_create(session: StoreSession) -> None:
    assert session.named_ids([FIRST, NUMBER]) == (0, 0)
    created = session.named_ids([FIRST, TEXT, NUMBER], create=True)

    assert created == (0x8001, 0x8002, 0x8003)
    assert session.named_ids([NUMBER, FIRST]) == (0x8003, 0x8001)
    assert session.names_of([0x8001, 0x8003, 0x8004]) == (FIRST, NUMBER, None)
    assert session.all_names() == {0x8001: FIRST, 0x8002: TEXT, 0x8003: NUMBER}


def test_names_of_ps_mapi_are_the_identifiers_themselves(session: StoreSession) -> None:
    assert session.named_ids([PropertyName(PS_MAPI, 0x0037), PropertyName(PS_MAPI, 0x8005)]) == (0x37, 0)
    assert session.names_of([0x0037]) == (PropertyName(PS_MAPI, 0x0037),)
    with pytest.raises(InvalidValueError):
        session.named_ids([PropertyName(PS_MAPI, 0x8005)], create=True)


def test_names_of_header_fields_have_no_case(session: StoreSession) -> None:
    (propid,) = session.named_ids([PropertyName(PS_INTERNET_HEADERS, "X-Spam-Level")], create=True)

    assert session.named_ids([PropertyName(PS_INTERNET_HEADERS, "x-spam-level")]) == (propid,)
    assert session.names_of([propid]) == (PropertyName(PS_INTERNET_HEADERS, "X-Spam-Level"),)
    (other,) = session.named_ids([PropertyName(PS_PUBLIC_STRINGS, "case")], create=True)
    assert session.named_ids([PropertyName(PS_PUBLIC_STRINGS, "Case")]) == (0,)
    assert other == propid + 1


def test_another_process_made_a_name(path: Path, mailbox: Mailbox, session: StoreSession) -> None:
    with Mailbox.open(path) as second:
        assert StoreSession.of(second, SYSTEM).named_ids([FIRST], create=True) == (0x8001,)

    assert session.named_ids([TEXT, FIRST], create=True) == (0x8002, 0x8001)


def test_a_mailbox_starts_with_the_names_of_the_file(tmp_path: Path) -> None:
    box = create_private(tmp_path / "new", owner="a@example.test", user_id=1, property_names=property_names())
    with box:
        session = StoreSession.of(box, SYSTEM)
        assert all(session.named_ids([named.PidNameKeywords.name, named.PidLidTaskStatus.name]))
        assert len(session.all_names()) == len(property_names())


@pytest.mark.parametrize("which", ["", "x" * 127, "nul\0", None, "\ud800", -1, 1 << 32])
def test_no_property_has_such_a_name(session: StoreSession, which: int | str | None) -> None:
    with pytest.raises(InvalidValueError):
        session.named_ids([PropertyName(OWN, which)], create=True)
    assert session.all_names() == {}


def test_a_mailbox_has_only_so_many(session: StoreSession) -> None:
    many = [PropertyName(OWN, number) for number in range(0x7000)]
    assert session.named_ids(many, create=True)[-1] == 0x8000 + 0x7000
    with pytest.raises(LimitError):
        session.named_ids([FIRST], create=True)
