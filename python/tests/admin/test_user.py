"""``grommunio-admin user`` on a real database and real mailboxes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gromox.admin.service import mailbox as mailbox_service
from gromox.directory import user as directory_user
from gromox.store.errors import StoreError
from gromox.store.mailbox import Mailbox

if TYPE_CHECKING:
    import uuid
    from pathlib import Path

    from .conftest import Installation

ALICE = "alice@example.test"


@pytest.fixture
def alice(example: Installation) -> Installation:
    """An installation with one user."""
    assert example.run("user", "create", ALICE).code == 0
    return example


def maildir(installation: Installation, local: str = "alice") -> Path:
    return installation.stores / "user" / "example.test" / local


def guid_of(path: Path) -> uuid.UUID:
    with Mailbox.open(path) as mailbox:
        return mailbox.guid


def usernames(installation: Installation) -> list[str]:
    return [user.username for user in directory_user.list_all(installation.site.directory)]


def attribute(installation: Installation, *names: str) -> list[object]:
    ran = installation.run("user", "query", "--format", "json-flat", *names)
    row: list[object] = json.loads(ran.out)[0]
    return row


def test_a_new_user_has_a_mailbox_in_the_own_language(example: Installation) -> None:
    ran = example.run(
        *("user", "create", "Alice@Example.test", "--lang", "de_DE", "--alias", "info@example.test"),
        *("--altname", "al", "--property", "displayname=Alice Müller"),
        *("--property", "storagequotalimit=1024", "--property", "prohibitsendquota=2048"),
    )

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "User 'alice@example.test' created (ID 1)"
    assert ran.out.splitlines()[1].endswith("set a password: grommunio-admin passwd alice@example.test")
    with Mailbox.open(maildir(example)) as mailbox:
        assert not mailbox.is_public
        assert (mailbox.owner, mailbox.owner_id, mailbox.locale) == (ALICE, 1, "de_DE")
        assert mailbox.folder(0x0D).name == "Posteingang"
        assert mailbox.quota().storage_limit == 1024 * 1024
        assert mailbox.quota().send_limit == 2048 * 1024
        assert mailbox.quota().receive_limit is None
    shown = example.run("user", "show", "1").out.splitlines()
    for line in ("  aliases: info@example.test", "  altnames: al", "    displayname: Alice Müller"):
        assert line in shown
    assert "  status: 0 (normal)" in shown
    assert "  pop3_imap: yes" in shown


def test_the_files_belong_together(alice: Installation) -> None:
    for path in [maildir(alice), *maildir(alice).rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o770 if path.is_dir() else 0o660)


def test_a_domain_can_be_given_apart(example: Installation) -> None:
    assert example.run("user", "create", "bob", "--domain", "1").code == 0
    assert usernames(example) == ["bob@example.test"]


def test_without_defaults_and_mailbox(example: Installation) -> None:
    example.run("user", "create", "bob@example.test", "--no-defaults", "--no-maildir", "--smtp", "yes")

    assert attribute(example, "pop3_imap", "smtp", "changePassword", "maildir") == [False, True, False, ""]
    assert not (example.stores / "user").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("alice",), "has no domain"),
        (("alice@other.test",), "no domain other.test"),
        (("a b@example.test",), "before @ stand"),
        ((ALICE, "--lang", "german"), "language 'german'"),
        ((ALICE, "--alias", "x@other.test"), "no domain other.test"),
        ((ALICE, "--alias", ALICE), "exists already"),
        ((ALICE, "--property", "displaytypeex=99"), "display type"),
        ((ALICE, "--property", "nonsense=1"), "no property is called 'nonsense'"),
        (
            (ALICE, "--status", "asleep"),
            "no status 'asleep' for a user; there are: 0 (normal), 1 (suspended)",
        ),
        ((ALICE, "--homeserver", "3"), "no server 3"),
        ((ALICE, "--chat", "yes"), "chat is not available"),
    ],
)
def test_wrong_values_leave_nothing_behind(
    example: Installation, arguments: tuple[str, ...], complaint: str
) -> None:
    before = example.files()

    ran = example.run("user", "create", *arguments)

    assert (ran.code, ran.out) == (1, "")
    assert complaint in ran.err
    assert usernames(example) == []
    assert example.files() == before


def test_a_full_domain_takes_nobody(installation: Installation) -> None:
    installation.run("domain", "create", "-u", "1", "example.test")
    installation.run("user", "create", ALICE)

    ran = installation.run("user", "create", "bob@example.test")

    assert ran.code == 1
    assert "maximum of 1 users" in ran.err
    assert usernames(installation) == [ALICE]


def test_a_mailbox_that_cannot_be_made_leaves_no_user(example: Installation) -> None:
    (example.stores / "user").write_text("in the way")
    before = example.files()

    ran = example.run("user", "create", ALICE)

    assert ran.code == 1
    assert usernames(example) == []
    assert example.files() == before


def test_a_failure_in_the_last_step_takes_the_mailbox_back(
    example: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = example.files()

    def refuse(*_: object) -> None:
        raise StoreError("the database went away")

    monkeypatch.setattr(directory_user, "set_status", refuse)

    assert example.run("user", "create", ALICE).code == 1
    assert usernames(example) == []
    assert [path for path in example.files() if path not in before] in ([], ["user"])


def test_a_quota_that_cannot_be_set_takes_the_mailbox_back(
    example: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = example.files()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mailbox_service, "hand_over", refuse)

    assert example.run("user", "create", ALICE).code == 1
    assert usernames(example) == []
    assert example.files() == before


def test_create_and_delete_leave_nothing(example: Installation) -> None:
    before = example.files()
    example.run("user", "create", ALICE, "--alias", "a@example.test", "--altname", "al")

    ran = example.run("user", "delete", "-y", "alice")

    assert (ran.code, ran.out) == (0, f"User '{ALICE}' deleted\n")
    assert [path for path in example.files() if path not in before] == ["user"]
    assert usernames(example) == []
    assert example.run("user", "create", "a@example.test").code == 0
    assert (
        "No such user 'alice' - try `grommunio-admin user query`"
        in example.run("user", "delete", "-y", "alice").err
    )


def test_kept_files_are_not_taken_over_by_the_next_user(alice: Installation) -> None:
    guid = guid_of(maildir(alice))

    ran = alice.run("user", "delete", "-k", "-y", ALICE)
    alice.run("user", "create", ALICE)

    assert ran.out == f"User '{ALICE}' deleted\n  kept {maildir(alice)}\n"
    assert guid_of(maildir(alice)) == guid
    assert guid_of(maildir(alice, "alice~1")) != guid
    assert attribute(alice, "maildir") == [str(maildir(alice, "alice~1"))]


def test_delete_asks(alice: Installation) -> None:
    ran = alice.run("user", "delete", ALICE, stdin="n\n")

    assert ran.code == 1
    assert f"remove the mailbox {maildir(alice)}" in ran.out
    assert usernames(alice) == [ALICE]
    assert alice.run("user", "delete", ALICE, stdin="y\n").code == 0


def test_modify(alice: Installation) -> None:
    ran = alice.run(
        *("user", "modify", "ali", "--status", "shared", "--pop3-imap", "no", "--privWeb", "0"),
        *("--alias", "a@example.test", "--alias", "b@example.test", "--altname", "al", "--lang", "fr_FR"),
        *("--property", "prohibitreceivequota=10", "--ldapID", r"\00ab\ff"),
    )

    assert (ran.code, ran.err) == (0, "")
    assert attribute(
        alice, "status", "pop3_imap", "privWeb", "privDav", "smtp", "lang", "aliases", "ldapID"
    ) == [
        *(4, False, False, True, True, "fr_FR", ["a@example.test", "b@example.test"], r"\00\61\62\ff"),
    ]
    with Mailbox.open(maildir(alice)) as mailbox:
        assert mailbox.quota().receive_limit == 10240

    alice.run(
        *("user", "modify", "1", "--remove-alias", "A@example.test", "--remove-altname", "al", "--no-ldap"),
        *("--remove-property", "prohibitreceivequota", "--status", "0", "--username", "eve@example.test"),
    )

    assert attribute(alice, "username", "status", "aliases", "ldapID") == [
        *("eve@example.test", 0, ["b@example.test"], None),
    ]
    with Mailbox.open(maildir(alice)) as mailbox:
        assert mailbox.quota().receive_limit is None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "nothing to change"),
        (("--remove-alias", "x@example.test"), "no alias 'x@example.test'; there are: none"),
        (("--remove-altname", "x"), "no alternative name"),
        (("--username", "alice@other.test"), "other.test"),
        (("--no-ldap", "--ldapID", "x"), "at once"),
    ],
)
def test_refused_changes_are_explained(
    alice: Installation, arguments: tuple[str, ...], complaint: str
) -> None:
    ran = alice.run("user", "modify", ALICE, *arguments)

    assert ran.code == 1
    assert complaint in ran.err


def test_query_filters_orders_and_formats(alice: Installation) -> None:
    alice.run("user", "create", "bob@example.test", "--status", "1")

    assert alice.run("user", "query").out.splitlines() == [
        "ID  username            status",
        f"1   {ALICE}  0",
        "2   bob@example.test    1",
    ]
    assert alice.run("user", "query", "-f", "status=1", "--format", "csv", "username").out == (
        "username\nbob@example.test\n"
    )
    assert (
        alice.run("user", "query", "-s", "username,desc", "ID", "--format", "json-flat").out == "[[2], [1]]\n"
    )
    assert "2   bob@example.test  1" in alice.run("user", "list", "b").out
    assert "1   alice@example.test  0" in alice.run("user", "list", "1").out


def test_specifications_are_explained(alice: Installation) -> None:
    alice.run("user", "create", "alan@example.test")

    assert "'al' is ambiguous: alan@example.test, alice@example.test" in alice.run("user", "show", "al").err
    assert "No such user '99' - try `grommunio-admin user query`" in alice.run("user", "show", "99").err
    assert alice.run("user", "show", "ala").out.startswith("alan@example.test:")


@pytest.mark.parametrize("command", ["delegate", "sendas"])
def test_who_may_send_for_a_user(alice: Installation, command: str) -> None:
    alice.run("user", "create", "bob@example.test")
    file = maildir(alice) / "config" / {"delegate": "delegates.txt", "sendas": "sendas.txt"}[command]

    def run(*arguments: str) -> tuple[int, str, str]:
        ran = alice.run("user", command, ALICE, *arguments)
        return ran.code, ran.out, ran.err

    assert run("list") == (0, "", "")
    assert run("add", "Bob@example.test") == (0, "Added bob@example.test\n", "")
    assert run("add", "bob@example.test") == (0, "Nothing to add: all of them are in the list\n", "")
    refused = run("add", "list@elsewhere.test")
    assert refused[0] == 1
    assert "add it with --force" in refused[2]
    assert run("add", "--force", "list@elsewhere.test")[0] == 0
    assert file.read_text() == "bob@example.test\nlist@elsewhere.test\n"
    assert file.stat().st_mode & 0o777 == 0o660
    assert run("list")[1] == file.read_text()
    assert run("remove", "BOB@example.test", "x@y")[:2] == (1, "Removed bob@example.test\n")
    assert run("clear") == (0, "Removed 1 address\n", "")
    assert file.read_text() == ""
    assert not [path for path in file.parent.iterdir() if path.name.startswith(".")]


def test_login_says_why_not(alice: Installation) -> None:
    alice.run("passwd", "-p", "secret one", ALICE)

    ran = alice.run("user", "login", ALICE, stdin="secret one\n")
    assert (ran.code, ran.out) == (0, f"{ALICE}: login is possible as {ALICE}\n")
    assert alice.run("user", "login", "--password", "secret one", ALICE).code == 0
    assert "wrong password" in alice.run("user", "login", "--password", "x", ALICE).err
    assert alice.run("user", "login", "--nopass", ALICE).code == 0
    assert "no such user" in alice.run("user", "login", "--nopass", "eve@example.test").err
    alice.run("user", "modify", ALICE, "--status", "suspended")
    assert "account disabled" in alice.run("user", "login", "--nopass", ALICE).err
    alice.run("domain", "delete", "1")
    assert "domain disabled" in alice.run("user", "login", "--nopass", ALICE).err


def test_a_user_without_a_password_cannot_log_in(alice: Installation) -> None:
    assert "no password is set" in alice.run("user", "login", "--password", "x", ALICE).err
