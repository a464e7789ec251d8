"""``grommunio-admin domain`` on a real database and real stores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gromox.admin.service import domain as service
from gromox.directory import domain as directory_domain
from gromox.store.errors import StoreError
from gromox.store.mailbox import Mailbox

if TYPE_CHECKING:
    import uuid

    from .conftest import Installation


def names(installation: Installation) -> list[str]:
    return [found.name for found in directory_domain.list_all(installation.site.directory)]


def test_a_new_domain_has_a_public_store(installation: Installation) -> None:
    ran = installation.run("domain", "create", "-u", "10", "--title", "Example Ltd.", "Example.TEST")

    assert (ran.code, ran.out, ran.err) == (0, "Domain 'example.test' created (ID 1)\n", "")
    store = installation.stores / "domain" / "example.test"
    with Mailbox.open(store) as mailbox:
        assert mailbox.is_public
        assert (mailbox.owner, mailbox.owner_id) == ("example.test", 1)
    assert store.stat().st_mode & 0o777 == 0o770
    assert (store / "exmdb" / "exchange.sqlite3").stat().st_mode & 0o777 == 0o660


def test_a_second_one_of_the_name_is_refused(example: Installation) -> None:
    before = example.files()

    ran = example.run("domain", "create", "-u", "10", "example.test")

    assert (ran.code, ran.out) == (1, "")
    assert "example.test exists already" in ran.err
    assert example.files() == before


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("-u", "10", "-x.test"), "is not valid"),
        (("-u", "-1", "a.test"), "maximum of users"),
        (("-u", "1", "--endDay", "soon", "a.test"), "expected a date"),
        (("-u", "1", "--orgID", "7", "a.test"), "no organisation 7"),
        (("-u", "1", "--chat", "yes", "a.test"), "chat is not available"),
    ],
)
def test_wrong_values_leave_nothing_behind(
    installation: Installation, arguments: tuple[str, ...], complaint: str
) -> None:
    if arguments[-1].startswith("-"):
        arguments = (*arguments[:-1], "--", arguments[-1])
    ran = installation.run("domain", "create", *arguments)

    assert ran.code == 1
    assert complaint in ran.err
    assert names(installation) == []
    assert installation.files() == []


def test_a_store_that_cannot_be_made_leaves_no_domain(installation: Installation) -> None:
    installation.stores.mkdir()
    (installation.stores / "domain").write_text("in the way")

    ran = installation.run("domain", "create", "-u", "10", "example.test")

    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert names(installation) == []
    assert installation.files() == ["domain"]


def test_a_store_that_is_there_is_never_overwritten(example: Installation) -> None:
    guid = guid_of(example, "example.test")
    directory_domain.delete_softly(example.site.directory, "example.test")
    directory_domain.purge(example.site.directory, "example.test")

    assert example.run("domain", "create", "-u", "1", "example.test").code == 0

    assert guid_of(example, "example.test") == guid
    assert guid_of(example, "example.test~1") != guid


def guid_of(installation: Installation, name: str) -> uuid.UUID:
    with Mailbox.open(installation.stores / "domain" / name) as mailbox:
        return mailbox.guid


def test_query_in_all_its_forms(example: Installation) -> None:
    example.run("domain", "create", "-u", "5", "--tel", "12", "other.test")

    assert example.run("domain", "query").out.splitlines() == [
        "ID  domainname    domainStatus",
        "1   example.test  0",
        "2   other.test    0",
    ]
    assert example.run("domain", "query", "-f", "maxUser=5", "--format", "csv", "domainname", "tel").out == (
        "domainname,tel\nother.test,12\n"
    )
    ran = example.run("domain", "query", "-s", "id,desc", "--format", "json-flat", "ID", "endDay")
    assert json.loads(ran.out) == [[2, "3333-03-03"], [1, "3333-03-03"]]
    everything = example.run("domain", "query", "--format", "json-kv", *service.QUERY.attributes)
    assert json.loads(everything.out)[0]["homedir"] == str(example.stores / "domain" / "example.test")
    assert "no attribute 'colour'; there are: ID" in example.run("domain", "query", "colour").err


def test_show_and_list(example: Installation) -> None:
    shown = example.run("domain", "show", "exam").out.splitlines()

    assert shown[0] == "example.test:"
    assert "  domainStatus: 0 (active)" in shown
    assert "  maxUser: 10" in shown
    assert "1   example.test  0" in example.run("domain", "list").out
    assert example.run("domain", "list", "x").out == "(No data)\n"


def test_modify_changes_only_what_is_named(example: Installation) -> None:
    example.run("domain", "modify", "1", "--tel", "+49 1", "--adminName", "Eve")
    ran = example.run("domain", "modify", "example", "-u", "20", "--endDay", "2030-12-31")

    assert ran.code == 0
    for line in ("  maxUser: 20", "  endDay: 2030-12-31", "  tel: +49 1", "  adminName: Eve"):
        assert line in ran.out.splitlines()
    assert "nothing to change" in example.run("domain", "modify", "1").err


def test_delete_can_be_undone(example: Installation) -> None:
    before = example.files()

    assert example.run("domain", "delete", "example.test").code == 0
    assert example.run("domain", "query", "domainStatus", "--format", "json-flat").out == "[[3]]\n"
    assert example.run("domain", "recover", "example.test").out == "Domain 'example.test' recovered\n"
    assert example.run("domain", "query", "domainStatus", "--format", "json-flat").out == "[[0]]\n"
    assert example.files() == before


def test_create_and_purge_leave_nothing(example: Installation) -> None:
    example.run("user", "create", "alice@example.test")
    example.run("domain", "delete", "example.test")

    ran = example.run("domain", "purge", "-f", "-y")

    assert (ran.code, ran.out) == (0, "Domain 'example.test' purged\n")
    assert names(example) == []
    assert not [path for path in example.files() if "/" in path]


def test_purge_keeps_files_unless_told(example: Installation) -> None:
    example.run("domain", "delete", "example.test")

    ran = example.run("domain", "purge", "-y", "example.test")

    assert ran.out == f"Domain 'example.test' purged\n  kept {example.stores}/domain/example.test\n"
    assert (example.stores / "domain" / "example.test" / "exmdb").is_dir()


def test_purge_asks_and_refuses_living_domains(example: Installation) -> None:
    assert example.run("domain", "purge").out == "No domain is marked as deleted\n"
    assert "is not deleted" in example.run("domain", "purge", "-y", "example.test").err
    example.run("domain", "delete", "example.test")

    ran = example.run("domain", "purge", stdin="no\n")

    assert ran.code == 1
    assert "Remove example.test and all users for ever" in ran.out
    assert names(example) == ["example.test"]


def test_a_directory_that_is_no_store_is_not_removed(example: Installation) -> None:
    store = example.stores / "domain" / "example.test"
    for path in sorted(store.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (store / "photos").mkdir()
    example.run("domain", "delete", "example.test")

    ran = example.run("domain", "purge", "-f", "-y")

    assert ran.code == 1
    assert "is not the directory of a mailbox" in ran.err
    assert (store / "photos").is_dir()


def test_a_failed_creation_can_be_repeated(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(service, "make_store", refuse)
        assert installation.run("domain", "create", "-u", "1", "example.test").code == 1
    assert names(installation) == []

    assert installation.run("domain", "create", "-u", "1", "example.test").code == 0


def refuse(*_: object) -> None:
    raise StoreError("the disk is on fire")
