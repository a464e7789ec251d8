"""gromox-mbop on real mailboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from gromox.admin.service import user as user_service
from gromox.admin.service.errors import InputError, NoMatchError
from gromox.admin.service.user_change import UserChange
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns
from gromox.tools.mbop import main
from gromox.tools.mbop.chain import UsageError, split
from gromox.tools.mbop.folder_spec import NAMES, resolve, tree
from gromox.tools.mbop.registry import COMMANDS

from .conftest import ALICE, BOB

if TYPE_CHECKING:
    from .conftest import Home, Ran


def mbop(home: Home, *words: str) -> Ran:
    return home.run(main, *words)


# The line of the daily clean-up, reference/system/cli.md "cleaner unit".
CLEANER = [
    "-v",
    "foreach.here.mb",
    "(",
    "purge-softdelete",
    "-t",
    "30d",
    "-r",
    "/",
    ")",
    "(",
    "purge-datafiles",
    ")",
]


def test_the_daily_cleaner_works_as_written(home: Home) -> None:
    home.fill(3)
    home.delete(1)
    orphan = home.maildir() / "cid" / "S-ab" / ("0" * 62)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left over")

    ran = mbop(home, *CLEANER)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"{ALICE}: 0 messages purged",
        f"{ALICE}: 1 files removed",
        f"{BOB}: 0 messages purged",
        f"{BOB}: 0 files removed",
    ]
    assert home.totals() == (2, 1)
    assert not orphan.exists()


def test_what_was_deleted_softly_is_purged_for_good(home: Home) -> None:
    home.fill(3)
    home.delete(1, 2)

    ran = mbop(home, "-v", "-u", ALICE, "purge-softdelete", "-r", "/")

    assert ran.out == f"{ALICE}: 2 messages purged\n"
    assert home.totals() == (1, 0)


def test_only_the_named_folder_is_purged(home: Home) -> None:
    home.fill(2)
    home.delete(1)

    mbop(home, "-u", ALICE, "purge-softdelete", "/")
    assert home.totals() == (1, 1)
    mbop(home, "-u", ALICE, "purge-softdelete", "inbox")
    assert home.totals() == (1, 0)


def test_names_are_echoed(home: Home) -> None:
    assert mbop(home, "-u", ALICE, "echo-maildir").out == f"{home.maildir()}\n"
    assert mbop(home, "-d", str(home.maildir(BOB)), "echo-username").out == f"{BOB}\n"
    assert mbop(home, "-u", "@example.test", "echo-maildir").out == f"{home.stores}/domain/example.test\n"
    assert mbop(home, "-d", f"{home.stores}/domain/example.test", "echo-username").out == "@example.test\n"


def test_maintenance_of_the_database(home: Home) -> None:
    home.fill(20)

    assert mbop(home, "-u", ALICE, "ping").out == ""
    assert mbop(home, "-v", "-u", ALICE, "ping").out.startswith(f"{ALICE}: change number ")
    assert mbop(home, "-v", "-u", ALICE, "unload").out == f"{ALICE}: closed\n"
    assert mbop(home, "-v", "-u", ALICE, "vacuum").code == 0
    assert mbop(home, "-v", "-u", ALICE, "recalc-sizes").out.endswith(" octets\n")
    assert mbop(home, "-v", "-u", ALICE, "check").out == f"{ALICE}: no problems\n"
    assert home.totals() == (20, 0)


def test_check_finds_and_repairs(home: Home) -> None:
    import sqlite3

    home.fill(2)
    with sqlite3.connect(home.maildir() / "exmdb" / "exchange.sqlite3") as connection:
        connection.execute("UPDATE folders SET total = 7 WHERE folder_id = 13")
    connection.close()

    found = mbop(home, "-u", ALICE, "check")
    assert found.code == 1
    assert "total is 7, not 2" in found.out
    assert "try check --repair" in found.err
    repaired = mbop(home, "-u", ALICE, "check", "--repair")
    assert repaired.code == 0
    assert "(repaired)" in repaired.out
    assert mbop(home, "-u", ALICE, "check").code == 0


def mids(home: Home) -> list[int]:
    with Mailbox.open(home.maildir()) as mailbox:
        uids = mailbox.view(0x0D).uids()
        return [row.mid for row in mailbox.fetch(0x0D, uids, Columns(0))]


def test_messages_are_deleted_by_id(home: Home) -> None:
    home.fill(3)
    first, second, third = mids(home)

    assert mbop(home, "-u", ALICE, "delmsg", "--soft", "-f", "INBOX", str(first)).code == 0
    assert home.totals() == (2, 1)
    assert (
        mbop(home, "-v", "-u", ALICE, "delmsg", "-f", "13", hex(second)).out
        == f"{ALICE}: 1 messages deleted\n"
    )
    assert home.totals() == (1, 1)
    ran = mbop(home, "-u", ALICE, "delmsg", "-f", "13", hex(third), "0x999999")
    assert ran.code == 1
    assert "has no message 0x999999" in ran.err
    assert home.totals() == (1, 1)


def test_messages_are_moved_and_copied(home: Home) -> None:
    home.fill(2)
    first, second = mids(home)

    mbop(home, "-u", ALICE, "movemsg", "--copy", "-f", "INBOX", "-t", "SENT", str(first))
    mbop(home, "-u", ALICE, "movemsg", "-f", "INBOX", "-t", "drafts", str(second))

    assert [home.totals(folder)[0] for folder in (0x0D, 0x0A, 0x0E)] == [1, 1, 1]


def test_folders_are_emptied(home: Home) -> None:
    home.fill(3)
    with Mailbox.open(home.maildir()) as mailbox:
        below = mailbox.create_folder(0x0D, "below").folder_id
        deeper = mailbox.create_folder(below, "deeper").folder_id
    home.fill(2, folder_id=deeper)

    assert mbop(home, "-v", "-u", ALICE, "emptyfld", "-M", "INBOX").out.startswith(f"{ALICE}: 0 messages")
    assert mbop(home, "-v", "-u", ALICE, "emptyfld", "INBOX").out.startswith(f"{ALICE}: 3 messages and 0")
    assert home.totals() == (0, 0)
    assert home.totals(deeper) == (2, 0)
    assert mbop(home, "-v", "-u", ALICE, "emptyfld", "-R", "--soft", "INBOX").out.startswith(
        f"{ALICE}: 2 messages"
    )
    assert home.totals(deeper) == (0, 2)
    ran = mbop(home, "-v", "-u", ALICE, "emptyfld", "-R", "--delempty", "INBOX")
    assert ran.out == f"{ALICE}: 0 messages and 2 folders deleted\n"


def test_only_old_messages_go(home: Home) -> None:
    home.fill(3)
    with Mailbox.open(home.maildir()) as mailbox:
        from gromox.store.model import NewMail

        mailbox.append(0x0D, [NewMail(b"Subject: new\r\n\r\n")])

    mbop(home, "-u", ALICE, "emptyfld", "-t", "30d", "INBOX")

    assert home.totals() == (1, 0)


def test_folders_that_are_not_empty_stay_unless_nuked(home: Home) -> None:
    with Mailbox.open(home.maildir()) as mailbox:
        below = mailbox.create_folder(0x0D, "below").folder_id
    home.fill(1, folder_id=below)

    kept = mbop(home, "-v", "-u", ALICE, "emptyfld", "-M", "-R", "--delempty", "INBOX")
    assert "folder 'below' is kept" in kept.out
    nuked = mbop(home, "-v", "-u", ALICE, "emptyfld", "--nuke-folders", "INBOX")
    assert nuked.out == f"{ALICE}: 1 messages and 1 folders deleted\n"


def test_built_in_folders_are_never_deleted(home: Home) -> None:
    ran = mbop(home, "-v", "-u", ALICE, "emptyfld", "--nuke-folders", "IPM_SUBTREE")

    assert ran.code == 0
    with Mailbox.open(home.maildir()) as mailbox:
        assert len(mailbox.folders()) == 29


def test_foreach_goes_through_all_in_parallel(home: Home) -> None:
    ran = mbop(home, "foreach.mb", "-j", "2", "echo-username")
    assert ran.out.splitlines() == [ALICE, BOB]
    assert mbop(home, "foreach.user.susp", "-j4", "echo-username").out == ""
    user_service.modify(
        home.site,
        user_service.find(home.site, BOB),
        UserChange(status=user_service.status_of("suspended")),
    )
    assert mbop(home, "foreach.user.susp", "echo-username").out == f"{BOB}\n"
    assert mbop(home, "foreach.user.active", "echo-username").out == f"{ALICE}\n"
    assert mbop(home, "foreach.user.active.susp", "echo-username").out == f"{ALICE}\n{BOB}\n"


def test_the_first_error_ends_it_unless_told_to_go_on(home: Home) -> None:
    words = ("foreach.mb", "(", "delmsg", "-f", "INBOX", "99", ")", "(", "echo-username", ")")

    ended = mbop(home, *words)
    assert (ended.code, ended.out) == (1, "")
    assert len(ended.err.splitlines()) == 1
    went_on = mbop(home, "-c", *words)
    assert (went_on.code, went_on.out) == (1, f"{ALICE}\n{BOB}\n")
    assert len(went_on.err.splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "expected a command"),
        (("-u", ALICE), "expected a command"),
        (("ping",), "expected one of -d MAILDIR"),
        (("-u", ALICE, "foreach.mb", "ping"), "expected one of -d MAILDIR"),
        (("foreach.big", "ping"), "expected filters out of secobj"),
        (("foreach", "ping"), "expected filters out of"),
        (("-u", ALICE, "pong"), "no command 'pong'; there are: cgkreset check"),
        (("-u", ALICE, "(", "ping", ")", "(", "foreach.mb", ")"), "only once"),
        (("-u", ALICE, "purge-softdelete"), "FOLDER"),
        (("-u", ALICE, "purge-softdelete", "-t", "soon", "/"), "write a time"),
        (("foreach.mb", "-j", "0", "ping"), "from 1 to 64"),
        (("foreach.mb", "-j"), "from 1 to 64"),
    ],
)
def test_a_wrong_line_does_nothing(home: Home, words: tuple[str, ...], complaint: str) -> None:
    ran = mbop(home, *words)

    assert (ran.code, ran.out) == (2, "")
    assert complaint in ran.err


@pytest.mark.parametrize("name", ["eve@example.test", "@other.test"])
def test_unknown_mailboxes(home: Home, name: str) -> None:
    ran = mbop(home, "-u", name, "ping")

    assert ran.code == 1
    assert name.removeprefix("@") in ran.err


def test_a_directory_without_a_mailbox(home: Home) -> None:
    assert mbop(home, "-d", str(home.etc), "ping").code == 1


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_explains_itself(home: Home, command: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        mbop(home, "-u", ALICE, command, "-?")

    assert stopped.value.code == 0


def test_chains() -> None:
    assert split(["ping"]) == [["ping"]]
    assert split(["(", "a", "-x", ")", "(", "b", ")"]) == [["a", "-x"], ["b"]]


@pytest.mark.parametrize("line", ["(", "( )", "( a", "( a ) b", "( ( a ) )", "( a ) )", ")"])
def test_chains_that_do_not_match(line: str) -> None:
    if line == ")":
        assert split([")"]) == [[")"]]
        return
    with pytest.raises(UsageError):
        split(line.split())


@given(st.lists(st.lists(st.text(min_size=1).filter(lambda word: word not in "()"), min_size=1), min_size=1))
def test_chains_are_split_as_they_were_joined(commands: list[list[str]]) -> None:
    words = [word for command in commands for word in ("(", *command, ")")]

    assert split(words) == commands


def test_folders_by_number_path_and_name(home: Home) -> None:
    with Mailbox.open(home.maildir(BOB)) as mailbox:
        year = mailbox.create_folder(NAMES["SENT"], "2024").folder_id
        found = {
            text: resolve(mailbox, text).folder_id
            for text in (
                "13",
                "0xd",
                "inbox",
                "SENT/2024",
                "sent\\2024",
                "/",
                "0x9/posteingang",
                "IPM_SUBTREE/",
            )
        }
        path = "/Top of Information Store/gesendete elemente/2024"
        root = mailbox.folder(9).name
        assert resolve(mailbox, path.replace("Top of Information Store", root)).folder_id == year
        assert [folder.folder_id for folder in tree(mailbox, NAMES["SENT"])] == [NAMES["SENT"], year]
        for text, error in (
            ("nix", InputError),
            ("", InputError),
            ("x" * 5000, InputError),
            ("99", NoMatchError),
        ):
            with pytest.raises(error):
                resolve(mailbox, text)
        with pytest.raises(NoMatchError, match="'Posteingang' has no folder 'x'"):
            resolve(mailbox, "INBOX/x")

    assert found == {
        "13": 13,
        "0xd": 13,
        "inbox": 13,
        "SENT/2024": year,
        "sent\\2024": year,
        "/": 1,
        "0x9/posteingang": 13,
        "IPM_SUBTREE/": 9,
    }


def test_public_stores_have_their_own_names(home: Home) -> None:
    with Mailbox.open(home.stores / "domain" / "example.test") as mailbox:
        assert resolve(mailbox, "IPM_SUBTREE").folder_id == 2
        with pytest.raises(InputError):
            resolve(mailbox, "INBOX")


def test_indexes_are_brought_up_to_date(home: Home) -> None:
    home.fill(3)

    ran = mbop(home, "-v", "-u", ALICE, "sync-midb", "-f", "INBOX")

    assert (ran.code, ran.out) == (0, f"{ALICE}: 0 messages written\n")
    with Mailbox.open(home.maildir()) as mailbox:
        assert mailbox.is_derived_current()
    assert mbop(home, "-u", ALICE, "sync-midb", "-f", "/absent").code == 1
