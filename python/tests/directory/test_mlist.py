from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from gromox.directory import alias, domain, mlist, user, user_property
from gromox.directory.errors import ExistsError, InvalidError, NotFoundError
from gromox.directory.mlist import Verdict
from gromox.directory.model import Association
from gromox.directory.resolve import External, Mailbox, MailList, Resolver, Unknown
from gromox.directory.status import DisplayType, ListPrivilege, ListType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.directory import Directory

ALICE, BOB = "alice@example.test", "bob@example.test"


@pytest.fixture(autouse=True)
def example(directory: Directory) -> None:
    domain.create(directory, "example.test", max_user=9)
    domain.create(directory, "other.test", max_user=9)
    for name in (ALICE, BOB, "carol@other.test"):
        user.create(directory, name)


def reached(
    directory: Directory, address: str, sender: str = "x@elsewhere.test"
) -> tuple[Verdict, Sequence[str]]:
    return mlist.expand(directory, mlist.get(directory, address).list_id, sender)


def test_a_list_has_a_companion_among_the_users(directory: Directory) -> None:
    made = mlist.create(
        directory, "All@Example.test", members=[ALICE, "X@elsewhere.test"], display_name="Everybody"
    )

    companion = user.get(directory, "all@example.test")
    assert (companion.display_type, companion.maildir) == (DisplayType.LIST, "")
    assert companion.properties[user_property.DISPLAY_NAME] == "Everybody"
    assert made.members == (ALICE, "x@elsewhere.test")
    assert mlist.get(directory, "ALL@example.test") == made
    assert mlist.list_all(directory, domain="example.test") == [made]
    assert mlist.list_all(directory, domain="other.test") == []
    with pytest.raises(ExistsError):
        mlist.create(directory, ALICE)


def test_a_removed_list_leaves_nothing(directory: Directory) -> None:
    mlist.create(directory, "all@example.test", members=[ALICE], senders=["x@elsewhere.test"])
    mlist.create(directory, "outer@example.test", members=["all@example.test"])

    mlist.remove(directory, "all@example.test")

    for find in (mlist.get, user.get):
        with pytest.raises(NotFoundError):
            find(directory, "all@example.test")
    assert mlist.get(directory, "outer@example.test").members == ()


def test_members_and_senders_are_replaced(directory: Directory) -> None:
    mlist.create(directory, "all@example.test", members=[ALICE])

    mlist.set_members(directory, "all@example.test", [BOB, BOB.upper()])
    changed = mlist.set_senders(directory, "all@example.test", ["Elsewhere.test", "x@y.test"])

    assert (changed.members, changed.senders) == ((BOB,), ("elsewhere.test", "x@y.test"))
    for bad in (["all@example.test"], ["no address"]):
        with pytest.raises(InvalidError):
            mlist.set_members(directory, "all@example.test", bad)
    assert mlist.get(directory, "all@example.test").members == (BOB,)


def test_all_users_of_a_domain(directory: Directory) -> None:
    mlist.create(directory, "all@example.test", kind=ListType.DOMAIN)
    user.create_contact(directory, "example.test", address="x@elsewhere.test")

    assert reached(directory, "all@example.test") == (Verdict.ALLOWED, (ALICE, BOB))
    with pytest.raises(InvalidError):
        mlist.set_members(directory, "all@example.test", [ALICE])


@pytest.mark.parametrize(
    ("privilege", "allowed", "denied", "verdict"),
    [
        (
            ListPrivilege.INTERNAL,
            [ALICE, "al@example.test"],
            [BOB, "x@elsewhere.test", ""],
            Verdict.DENIED_INTERNAL,
        ),
        (ListPrivilege.DOMAIN, [BOB, "New@Example.TEST"], ["carol@other.test", ""], Verdict.DENIED_DOMAIN),
        (
            ListPrivilege.SPECIFIED,
            ["x@PARTNER.test", "boss@y.test"],
            [ALICE, "c@y.test", ""],
            Verdict.DENIED_SPECIFIED,
        ),
        (ListPrivilege.ALL, ["x@elsewhere.test", ""], [], Verdict.ALLOWED),
        (ListPrivilege.OUTGOING, ["x@elsewhere.test", ""], [], Verdict.ALLOWED),
    ],
)
def test_who_may_write(
    directory: Directory, privilege: ListPrivilege, allowed: list[str], denied: list[str], verdict: Verdict
) -> None:
    alias.add(directory, ALICE, "al@example.test")
    mlist.create(
        directory,
        "list@example.test",
        privilege=privilege,
        members=[ALICE],
        senders=["partner.test", "boss@y.test"],
    )

    for sender in allowed:
        assert (sender, *reached(directory, "list@example.test", sender)) == (
            sender,
            Verdict.ALLOWED,
            (ALICE,),
        )
    for sender in denied:
        assert (sender, *reached(directory, "list@example.test", sender)) == (sender, verdict, ())


def test_lists_in_lists_are_followed_and_circles_end(directory: Directory) -> None:
    mlist.create(directory, "a@example.test", members=["b@example.test", ALICE])
    mlist.create(directory, "b@example.test", members=["a@example.test", BOB, ALICE])

    assert reached(directory, "a@example.test") == (Verdict.ALLOWED, (ALICE, BOB))


def test_an_inner_list_by_its_alias(directory: Directory) -> None:
    mlist.create(directory, "inner@example.test", members=[BOB])
    alias.add(directory, "inner@example.test", "inside@example.test")
    mlist.create(directory, "outer@example.test", members=["inside@example.test"])

    assert reached(directory, "outer@example.test") == (Verdict.ALLOWED, (BOB,))


def test_nesting_ends_at_eight(directory: Directory) -> None:
    for number in range(12):
        members = [f"x{number}@elsewhere.test", f"l{number + 1}@example.test"]
        mlist.create(directory, f"l{number}@example.test", members=members)

    assert reached(directory, "l0@example.test")[1] == tuple(
        f"x{number}@elsewhere.test" for number in range(8)
    )


def test_an_inner_list_that_refuses_the_sender_is_left_out(directory: Directory) -> None:
    mlist.create(directory, "board@example.test", privilege=ListPrivilege.INTERNAL, members=[BOB])
    mlist.create(directory, "all@example.test", members=["board@example.test", ALICE])

    assert reached(directory, "all@example.test", ALICE)[1] == (ALICE,)
    assert reached(directory, "all@example.test", BOB)[1] == (ALICE, BOB)


def test_membership_counts_through_inner_lists(directory: Directory) -> None:
    mlist.create(directory, "inner@example.test", members=[BOB])
    mlist.create(
        directory, "outer@example.test", privilege=ListPrivilege.INTERNAL, members=["inner@example.test"]
    )

    assert reached(directory, "outer@example.test", BOB) == (Verdict.ALLOWED, (BOB,))
    assert reached(directory, "outer@example.test", ALICE)[0] is Verdict.DENIED_INTERNAL


def test_a_list_that_is_gone(directory: Directory) -> None:
    assert mlist.expand(directory, 10**6, ALICE) == (Verdict.NO_SUCH_LIST, ())


def test_the_kind_and_the_privilege_change(directory: Directory) -> None:
    mlist.create(directory, "list@example.test", members=[ALICE])

    changed = mlist.modify(
        directory, "list@example.test", kind=ListType.DOMAIN, privilege=ListPrivilege.DOMAIN
    )

    assert (changed.kind, changed.privilege, changed.members) == (ListType.DOMAIN, ListPrivilege.DOMAIN, ())


def test_each_member_is_reached_once_whatever_its_name(directory: Directory) -> None:
    alias.add(directory, ALICE, "al@example.test")
    made = mlist.create(
        directory,
        "all@example.test",
        members=[ALICE, "al@example.test", "x@elsewhere.test", "gone@example.test"],
    )
    resolver = Resolver(directory)
    target = resolver.recipient("all@example.test")
    assert isinstance(target, MailList)
    assert target.list_id == made.list_id

    expansion = resolver.expand(target, BOB)

    assert [type(one) for one in expansion.recipients] == [Mailbox, Unknown, External]


def test_a_large_list(directory: Directory) -> None:
    made = mlist.create(directory, "all@example.test")
    with directory.writing() as session:
        session.execute(
            insert(Association),
            [{"list_id": made.list_id, "username": f"u{i}@elsewhere.test"} for i in range(3000)],
        )

    assert len(reached(directory, "all@example.test")[1]) == 3000
