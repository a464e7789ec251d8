from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from gromox.base.secret import Secret
from gromox.directory import alias, credential, domain, forward, mlist, user, user_property
from gromox.directory.errors import AuthError, DirectoryError, ExistsError, InvalidError, NotFoundError
from gromox.directory.model import User
from gromox.directory.status import AddressStatus, DisplayType, ForwardType, Privilege

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.directory import Directory


@pytest.fixture(autouse=True)
def example(directory: Directory) -> None:
    domain.create(directory, "example.test", max_user=4)


def test_a_new_user_has_all_that_is_mandatory(directory: Directory) -> None:
    made = user.create(
        directory, "Alice@Example.Test", password=Secret("x"), display_name="Alice", lang="de_DE"
    )

    assert made.username == "alice@example.test"
    assert made.maildir == "/stores/user/example.test/alice"
    assert made.has_password
    assert made.lang == "de_DE"
    assert made.display_name == "Alice"
    assert made.display_type is DisplayType.USER
    assert made.properties[user_property.DISPLAY_TYPE_EX] == 0
    assert user.get(directory, "ALICE@example.test") == made
    assert user.get_by_id(directory, made.user_id) == made


def test_a_room_is_a_user_of_another_display_type(directory: Directory) -> None:
    made = user.create(
        directory, "room@example.test", display_type=DisplayType.ROOM, status=AddressStatus.SHARED
    )

    assert (made.display_type, made.status) == (DisplayType.ROOM, AddressStatus.SHARED)
    with pytest.raises(InvalidError):
        user.create(directory, "x@example.test", display_type=DisplayType.LIST)


def test_a_user_needs_a_domain_with_room(directory: Directory) -> None:
    with pytest.raises(NotFoundError):
        user.create(directory, "alice@nowhere.test")
    for number in range(4):
        user.create(directory, f"user{number}@example.test")
    with pytest.raises(InvalidError, match="max_user"):
        user.create(directory, "more@example.test")


def test_no_name_is_given_twice(directory: Directory) -> None:
    user.create(directory, "alice@example.test")
    alias.add(directory, "alice@example.test", "al@example.test")
    alias.add_altname(directory, "alice@example.test", "boss@example.test")
    mlist.create(directory, "all@example.test")

    for taken in ("alice", "al", "boss", "all"):
        with pytest.raises(ExistsError):
            user.create(directory, f"{taken.upper()}@example.test")
        with pytest.raises(ExistsError):
            alias.add(directory, "alice@example.test", f"{taken}@example.test")
    assert user.get(directory, "alice@example.test").aliases == ("al@example.test",)


def test_two_creators_at_once(directory: Directory) -> None:
    ready = threading.Barrier(4)
    made: list[int] = []
    refused: list[DirectoryError] = []

    def work() -> None:
        ready.wait()
        try:
            made.append(user.create(directory, "alice@example.test").user_id)
        except DirectoryError as error:
            refused.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert [type(error) for error in refused] == [ExistsError] * 3


def test_a_removed_user_leaves_nothing(directory: Directory) -> None:
    made = user.create(directory, "alice@example.test", display_name="Alice")
    alias.add(directory, "alice@example.test", "al@example.test")
    forward.put(directory, "alice@example.test", "x@elsewhere.test", ForwardType.REDIRECT)
    mlist.create(directory, "all@example.test", members=["alice@example.test"])

    assert user.remove(directory, "alice@example.test") == made.maildir

    with pytest.raises(NotFoundError):
        user.get(directory, "alice@example.test")
    assert user_property.read(directory, made.user_id) == {}
    assert mlist.get(directory, "all@example.test").members == ()
    again = user.create(directory, "al@example.test")
    assert again.user_id > made.user_id


def test_a_renamed_user_keeps_aliases_and_memberships(directory: Directory) -> None:
    user.create(directory, "alice@example.test")
    alias.add(directory, "alice@example.test", "al@example.test")
    forward.put(directory, "alice@example.test", "x@elsewhere.test", ForwardType.COPY)
    mlist.create(directory, "all@example.test", members=["alice@example.test"])

    renamed = user.rename(directory, "alice@example.test", "alicia@example.test")

    assert renamed.username == "alicia@example.test"
    assert user.get(directory, "alicia@example.test").aliases == ("al@example.test",)
    assert mlist.get(directory, "all@example.test").members == ("alicia@example.test",)
    found = forward.get(directory, "alicia@example.test")
    assert found is not None
    assert (found.destination, found.kind) == ("x@elsewhere.test", ForwardType.COPY)
    with pytest.raises(ExistsError):
        user.rename(directory, "alicia@example.test", "al@example.test")


def test_columns_are_checked(directory: Directory) -> None:
    user.create(directory, "alice@example.test")

    changed = user.modify(
        directory, "alice@example.test", {"lang": "fr", "timezone": "Europe/Paris", "externid": b"\1\2"}
    )

    assert (changed.lang, changed.timezone, changed.externid) == ("fr", "Europe/Paris", b"\1\2")
    for bad in ({"lang": "x" * 33}, {"password": "x"}, {"externid": b"x" * 65}, {"username": "y"}):
        with pytest.raises(InvalidError):
            user.modify(directory, "alice@example.test", bad)


def test_privileges_below_detail1_become_explicit(directory: Directory) -> None:
    user.create(directory, "alice@example.test", privilege=Privilege.IMAP_POP3)

    changed = user.set_privilege(directory, "alice@example.test", revoke=Privilege.EAS)

    assert changed.privilege == Privilege.IMAP_POP3 | Privilege.DETAIL1 | Privilege.WEB | Privilege.DAV
    assert (
        user.set_privilege(directory, "alice@example.test", grant=Privilege.SMTP).privilege & Privilege.SMTP
    )


def test_listing(directory: Directory) -> None:
    domain.create(directory, "other.test", max_user=9)
    for name in ("alice@example.test", "bob@example.test", "alice@other.test"):
        user.create(directory, name)
    credential.set_admin_password(directory, Secret("x"))

    assert [one.username for one in user.list_all(directory, prefix="ALI")] == [
        "alice@example.test",
        "alice@other.test",
    ]
    assert [one.username for one in user.list_all(directory, domain="other.test")] == ["alice@other.test"]
    assert [one.username for one in user.list_all(directory, prefix="a%")] == []


def test_contacts_are_named_by_number(directory: Directory) -> None:
    made = user.create_contact(directory, "example.test", address="Bob@Elsewhere.test", display_name="Bob")

    assert made.username == f"contact-{made.user_id}"
    assert made.status is AddressStatus.CONTACT
    assert made.display_type is DisplayType.CONTACT
    assert made.properties[user_property.SMTP_ADDRESS] == "bob@elsewhere.test"
    assert made.maildir == ""
    with pytest.raises(InvalidError):
        user.set_status(directory, made.username, AddressStatus.NORMAL)


def test_properties_of_every_kind_are_read_back(directory: Directory) -> None:
    made = user.create(directory, "alice@example.test")
    values: dict[int, user_property.PropertyValue] = {
        0x3001001F: "Älice",
        0x3FF50003: 2_000_000,
        0x686D000B: True,
        0x8C9E0102: bytes(range(256)),
        0x3A4E101F: ("one", "two"),
        0x30070040: 133_000_000_000_000_000,
        0x00050005: 1.5,
        0x00060014: -(2**63),
        0x00070003: -1,
    }

    user_property.write(directory, made.user_id, dict(values))

    assert user_property.read(directory, made.user_id) == values | {user_property.DISPLAY_TYPE_EX: 0}
    user_property.write(directory, made.user_id, {0x3001001F: None})
    assert 0x3001001F not in user_property.read(directory, made.user_id)


@pytest.mark.parametrize(
    ("tag", "bad"),
    [
        *(
            (0x3001001F, "x" * 4001),
            (0x3001001F, 5),
            (0x3001001F, ("a",)),
            (0x3A4E101F, "a"),
            (0x8C9E0102, b"x" * 4097),
        ),
        *(
            (0x3FF50003, 2**32),
            (0x39050003, None),
            (0x39050003, 99),
            (0x0001000D, "x"),
            (-1, "x"),
            (0x3001001F, "a\0"),
        ),
    ],
)
def test_values_that_do_not_fit_are_refused(
    directory: Directory, tag: int, bad: user_property.PropertyValue | None
) -> None:
    made = user.create(directory, "alice@example.test")

    with pytest.raises(InvalidError):
        user_property.write(directory, made.user_id, {tag: bad})
    assert user_property.read(directory, made.user_id) == {user_property.DISPLAY_TYPE_EX: 0}


def test_the_administrator_has_number_0(directory: Directory) -> None:
    credential.set_password(directory, "admin", Secret("one"))
    credential.set_password(directory, "admin", Secret("two"))

    assert credential.verify_admin(directory, Secret("two"))
    assert not credential.verify_admin(directory, Secret("one"))
    assert not credential.verify_admin(directory, Secret(""))
    with directory.reading() as session:
        row = session.get(User, 0)
        assert row is not None
        assert row.username == "admin"
    with pytest.raises(InvalidError):
        user.remove(directory, "admin")


def test_users_change_their_own_password(directory: Directory) -> None:
    user.create(directory, "alice@example.test", password=Secret("old"))

    credential.change_own_password(directory, "alice@example.test", Secret("old"), Secret("new"))

    for login, old in (("alice@example.test", "old"), ("nobody@example.test", "new")):
        with pytest.raises(AuthError):
            credential.change_own_password(directory, login, Secret(old), Secret("newer"))
    user.set_privilege(directory, "alice@example.test", revoke=Privilege.CHANGE_PASSWORD)
    with pytest.raises(AuthError):
        credential.change_own_password(directory, "alice@example.test", Secret("new"), Secret("newer"))
    with pytest.raises(InvalidError):
        credential.change_own_password(directory, "alice@example.test", Secret("new"), Secret(""))


def test_aliases_are_replaced_as_a_whole(directory: Directory) -> None:
    user.create(directory, "alice@example.test")
    alias.add(directory, "alice@example.test", "a@example.test")

    alias.replace_all(directory, "alice@example.test", ["b@example.test", "C@example.test"])

    assert alias.of_user(directory, "alice@example.test") == ["b@example.test", "c@example.test"]
    with pytest.raises(NotFoundError):
        alias.replace_all(directory, "alice@example.test", ["x@example.test", "x@nowhere.test"])
    assert alias.of_user(directory, "alice@example.test") == ["b@example.test", "c@example.test"]
    alias.remove(directory, "b@example.test")
    with pytest.raises(NotFoundError):
        alias.remove(directory, "b@example.test")


def test_alternative_names(directory: Directory) -> None:
    user.create(directory, "alice@example.test")
    user.create(directory, "bob@example.test")

    alias.add_altname(directory, "alice@example.test", "EXAMPLE\\alice")

    assert user.get(directory, "alice@example.test").altnames == ("example\\alice",)
    with pytest.raises(ExistsError):
        alias.add_altname(directory, "bob@example.test", "example\\Alice")
    alias.remove_altname(directory, "alice@example.test", "example\\alice")
    with pytest.raises(NotFoundError):
        alias.remove_altname(directory, "alice@example.test", "example\\alice")


def test_a_forward_to_oneself_is_refused(directory: Directory, tmp_path: Path) -> None:
    user.create(directory, "alice@example.test", maildir=str(tmp_path))

    with pytest.raises(InvalidError):
        forward.put(directory, "alice@example.test", "ALICE@example.test", ForwardType.REDIRECT)
    assert forward.get(directory, "alice@example.test") is None
    forward.put(directory, "alice@example.test", "x@elsewhere.test", ForwardType.REDIRECT)
    forward.remove(directory, "alice@example.test")
    assert forward.get(directory, "alice@example.test") is None
