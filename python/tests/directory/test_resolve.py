from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from gromox.directory import Directory, alias, domain, mlist, user, user_property
from gromox.directory.model import Domain
from gromox.directory.resolve import Disabled, External, Mailbox, MailList, Resolver, Unknown
from gromox.directory.status import AddressStatus, DomainStatus, ListPrivilege

if TYPE_CHECKING:
    from gromox.base.clock import ManualClock

ALICE = "alice@example.test"


@pytest.fixture(autouse=True)
def example(directory: Directory) -> None:
    domain.create(directory, "example.test", max_user=9)
    user.create(directory, ALICE, lang="de_DE")


@pytest.fixture
def resolver(directory: Directory) -> Resolver:
    return Resolver(directory, "+-")


def test_a_user(resolver: Resolver) -> None:
    found = resolver.recipient("Alice@Example.TEST")

    assert isinstance(found, Mailbox)
    assert (found.username, found.maildir, found.lang) == (
        ALICE,
        Path("/stores/user/example.test/alice"),
        "de_DE",
    )
    assert found.detail == ""


def test_an_alias_of_a_user_and_of_a_list(directory: Directory, resolver: Resolver) -> None:
    mlist.create(directory, "all@example.test", privilege=ListPrivilege.DOMAIN)
    alias.add(directory, ALICE, "al@example.test")
    alias.add(directory, "all@example.test", "everybody@example.test")

    assert resolver.recipient("al@example.test") == resolver.recipient(ALICE)
    found = resolver.recipient("everybody@example.test")
    assert isinstance(found, MailList)
    assert (found.address, found.privilege) == ("all@example.test", ListPrivilege.DOMAIN)


@pytest.mark.parametrize(
    ("address", "detail"),
    [("alice+shop@example.test", "shop"), ("alice-a+b@example.test", "a+b"), ("alice+@example.test", "")],
)
def test_what_follows_the_delimiter_is_detail(resolver: Resolver, address: str, detail: str) -> None:
    found = resolver.recipient(address)

    assert isinstance(found, Mailbox)
    assert (found.username, found.detail) == (ALICE, detail)


def test_the_longest_address_that_exists_wins(directory: Directory, resolver: Resolver) -> None:
    user.create(directory, "alice+work@example.test")
    alias.add(directory, ALICE, "al-ice@example.test")

    for address, username, detail in (
        ("alice+work@example.test", "alice+work@example.test", ""),
        ("alice+work-x@example.test", "alice+work@example.test", "x"),
        ("alice+other@example.test", ALICE, "other"),
        ("al-ice+y@example.test", ALICE, "y"),
    ):
        found = resolver.recipient(address)
        assert isinstance(found, Mailbox)
        assert (found.username, found.detail) == (username, detail)
    assert isinstance(resolver.recipient("+x@example.test"), Unknown)


def test_without_a_delimiter_there_is_no_detail(directory: Directory) -> None:
    assert isinstance(Resolver(directory).recipient("alice+shop@example.test"), Unknown)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("nobody@example.test", Unknown),
        ("älice@example.test", Unknown),
        ('"a b"@example.test', Unknown),
        ("alice", Unknown),
        ("", Unknown),
        ("x@elsewhere.test", External),
        ('"a b"@elsewhere.test', External),
        ("x@bücher.example", External),
        ("x" * 400 + "@elsewhere.test", External),
    ],
)
def test_other_addresses(resolver: Resolver, address: str, kind: type) -> None:
    assert type(resolver.recipient(address)) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (AddressStatus.NORMAL, Mailbox),
        (AddressStatus.SHARED, Mailbox),
        (AddressStatus.SUSPENDED, Disabled),
        (AddressStatus.DELETED, Disabled),
    ],
)
def test_who_receives(directory: Directory, resolver: Resolver, status: AddressStatus, kind: type) -> None:
    user.set_status(directory, ALICE, status)

    assert type(resolver.recipient(ALICE)) is kind
    assert type(resolver.recipient("alice+x@example.test")) is kind


def test_a_disabled_domain(directory: Directory, resolver: Resolver) -> None:
    domain.set_status(directory, "example.test", DomainStatus.SUSPENDED)

    for address in (ALICE, "nobody@example.test"):
        assert isinstance(resolver.recipient(address), Disabled)
    assert not resolver.is_local_domain("example.test")


def test_a_domain_that_somebody_disabled_by_hand(directory: Directory, resolver: Resolver) -> None:
    with directory.writing() as session:
        session.execute(update(Domain).values(domain_status=int(DomainStatus.DELETED)))

    assert isinstance(resolver.recipient(ALICE), Disabled)


def test_domains(resolver: Resolver) -> None:
    assert resolver.is_local_domain("EXAMPLE.test")
    for other in ("elsewhere.test", "", "bücher.example", "a b", "x@example.test"):
        assert not resolver.is_local_domain(other)
    assert resolver.domain_status("elsewhere.test") is None


def test_contacts_lead_elsewhere_or_back(directory: Directory, resolver: Resolver) -> None:
    outside = user.create_contact(directory, "example.test", address="bob@elsewhere.test")
    inside = user.create_contact(directory, "example.test", address=ALICE)
    for contact, name in ((outside, "bob@example.test"), (inside, "boss@example.test")):
        alias.add(directory, contact.username, name)

    assert resolver.recipient("bob@example.test") == External("bob@elsewhere.test")
    assert resolver.recipient("boss@example.test") == resolver.recipient(ALICE)


def test_contacts_in_a_circle_end(directory: Directory, resolver: Resolver) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        contact = user.create_contact(directory, "example.test", address=f"{other}@example.test")
        alias.add(directory, contact.username, f"{name}@example.test")
    lonely = user.create_contact(directory, "example.test", address="x@elsewhere.test")
    alias.add(directory, lonely.username, "lonely@example.test")
    user_property.write(directory, lonely.user_id, {user_property.SMTP_ADDRESS: None})

    assert isinstance(resolver.recipient("a@example.test"), Disabled)
    assert isinstance(resolver.recipient("lonely@example.test"), Disabled)


def test_answers_are_remembered_for_a_while(
    directory: Directory, resolver: Resolver, clock: ManualClock
) -> None:
    assert isinstance(resolver.recipient(ALICE), Mailbox)
    assert isinstance(resolver.recipient("new@example.test"), Unknown)
    other = Directory.connect(directory.engine.url, clock=clock)
    user.set_status(other, ALICE, AddressStatus.SUSPENDED)
    user.create(other, "new@example.test")
    other.close()

    assert isinstance(resolver.recipient(ALICE), Mailbox)
    assert isinstance(resolver.recipient("new@example.test"), Unknown)
    clock.advance(6)
    assert isinstance(resolver.recipient("new@example.test"), Mailbox)
    clock.advance(60)
    assert isinstance(resolver.recipient(ALICE), Disabled)


def test_a_change_here_counts_at_once(directory: Directory, resolver: Resolver) -> None:
    assert isinstance(resolver.recipient("new@example.test"), Unknown)

    user.create(directory, "new@example.test")

    assert isinstance(resolver.recipient("new@example.test"), Mailbox)


def test_many_at_once(resolver: Resolver) -> None:
    found = resolver.recipients([ALICE, "x@elsewhere.test"])

    assert {address: type(one) for address, one in found.items()} == {
        ALICE: Mailbox,
        "x@elsewhere.test": External,
    }
