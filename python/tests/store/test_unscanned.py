"""Mails that APPEND leaves unscanned: whoever looks at them finds what a scan at once had made of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gromox.mapi import tags
from gromox.mapi.restriction import Content, FuzzyHigh, FuzzyLow
from gromox.store import content, hierarchy, textcolumn, unscanned
from gromox.store.builtin import FolderKind
from gromox.store.create import create_private, create_public
from gromox.store.errors import MessageGoneError
from gromox.store.extract import extract
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options
from gromox.store.match.criteria import SearchFlag
from gromox.store.notify.event import EventType
from gromox.store.model import Appended, Columns, NewMail
from gromox.store.search import Body, Field, Flagged, Header, TextIn
from gromox.store.session import SYSTEM, StoreSession
from gromox.store.sync import reading
from gromox.store.sorting import Criterion, SortKey
from gromox.store.uidset import UidSet

from tests.store.conftest import INBOX, OWNER
from tests.store.sample import mail, octets
from tests.support.replica import Replica, truth

if TYPE_CHECKING:
    from collections.abc import Sequence

TRASH, FINDER = 11, 5
ALL_COLUMNS = Columns(511)
NARROW = ("fetch_rows", "structures", "headers", "search_texts")


def leave(box: Mailbox, *mails: NewMail, folder: int = INBOX) -> Sequence[int]:
    """Append as IMAP does; returns the UIDs."""
    (result,) = box.append_together([box.ready(folder, mails)])
    assert isinstance(result, Appended)
    return result.uids


def waiting(box: Mailbox) -> int:
    """Return how many mails are unscanned, as the rows say."""
    (count,) = box.file.execute("SELECT count(*) FROM messages WHERE state = 2").fetchone()
    assert box.file.execute("SELECT unscanned FROM counters").fetchone() == (count,)
    return int(count)


def rows(box: Mailbox, table: str) -> list[dict[str, Any]]:
    """Return a table, without numbers that say when something was written."""
    cursor = box.file.execute(f"SELECT * FROM {table} ORDER BY folder_id, uid")  # noqa: S608 - constants
    names = [each[0] for each in cursor.description]
    return [
        {name: value for name, value in zip(names, row, strict=True) if name != "cn"}
        for row in cursor.fetchall()
    ]


@pytest.fixture
def other(mailbox: Mailbox, path: Path) -> Iterator[Mailbox]:
    """The same mailbox as another process has it."""
    assert mailbox.path == path
    with Mailbox.open(path) as box:
        yield box


def subjects(session: StoreSession, folder: int = INBOX) -> Sequence[object]:
    handle = session.open_contents_table(folder).handle
    session.table_set_columns(handle, (tags.PidTagSubject,))
    found = [row[0] for row in session.table_query_rows(handle, 100).rows]
    session.close_handle(handle)
    return found


MAILS = st.lists(
    st.one_of(
        st.binary(max_size=200),
        st.builds(
            lambda subject, extra, body: octets(subject, extra=extra, body=body),
            st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=30),
            st.sampled_from(
                ["", "Importance: high\r\n", "References: <a@b>\r\n", "To: b@b.test\r\nCc: c\r\n"]
            ),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
        ),
    ),
    min_size=1,
    max_size=40,
)


@given(MAILS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_scanned_later_is_as_scanned_at_once(
    tmp_path_factory: pytest.TempPathFactory, mails: list[bytes]
) -> None:
    home = tmp_path_factory.mktemp("mailboxes")
    new = [
        NewMail(each, Flag.SEEN, frozenset({"$x"}), 837_596_665.0 + n, -420) for n, each in enumerate(mails)
    ]
    with (
        create_private(home / "one", owner=OWNER, user_id=7) as at_once,
        create_private(home / "two", owner=OWNER, user_id=7) as later,
    ):
        at_once.append(INBOX, new)
        leave(later, *new)
        assert waiting(later) == len(mails)
        while later.keep_derived():
            pass
        assert waiting(later) == 0
        for table in NARROW:
            assert rows(later, table) == rows(at_once, table)
        when = ("created_time", "modified_time", "saved_at")
        for one, two in zip(rows(at_once, "messages"), rows(later, "messages"), strict=True):
            assert {name: one[name] for name in one if name not in when} == {
                name: two[name] for name in two if name not in when
            }
        assert later.check() == at_once.check() == []


def test_imap_sees_it_at_once(mailbox: Mailbox) -> None:
    uids = leave(mailbox, mail("one", Flag.FLAGGED), mail("two"))
    view = mailbox.view(INBOX)
    folder = mailbox.folder(INBOX)

    assert list(uids) == list(view.uids()) == [1, 2]
    assert (folder.total, folder.unread, folder.uid_next) == (2, 2, 3)
    assert folder.size == mailbox.quota().used == 2 * len(octets("one", body="text"))
    changed = mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    assert list(changed.changed) == [1]
    assert waiting(mailbox) == 2
    assert mailbox.check() == []


READERS: dict[str, Callable[[Mailbox], object]] = {
    "fetch": lambda box: [row.preview for row in box.fetch(INBOX, [1, 2], ALL_COLUMNS)] == ["text", "text"],
    "column": lambda box: len(box.fetch_run(INBOX, box.view(INBOX).uids(), Columns.ENVELOPE) or ()) == 1,
    "search": lambda box: list(box.search(INBOX, TextIn(Field.SUBJECT, "two"))) == [2],
    "body": lambda box: list(box.search(INBOX, Body("text"))) == [1, 2],
    "sort": lambda box: (
        finished(box.sort_steps(INBOX, [1, 2], [Criterion(SortKey.SUBJECT, reverse=True)])) == [2, 1]
    ),
    "thread": lambda box: [
        row.subject for row in finished(box.thread_steps(INBOX, [1, 2], with_references=True))
    ],
    "header": lambda box: list(box.search(INBOX, Header("X-None", ""))) == [],
    "conversation": lambda box: len(box.uids_of_conversation(INBOX, b"?")) == 0,
    "table": lambda box: subjects(StoreSession.of(box, SYSTEM)) == ["one", "two"],
    "changes": lambda box: len(StoreSession.of(box, SYSTEM).changes(INBOX, 1, 10).created) == 2,
    "replica": lambda box: Replica(INBOX).synchronise(StoreSession.of(box, SYSTEM)) == 2,
    "purge": lambda box: box.purge_softdeleted(before=0.0) == 0,
}


def finished(steps: Any) -> Any:  # noqa: ANN401 - whatever the steps come to
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


@pytest.mark.parametrize("name", READERS)
def test_who_reads_has_it_scanned(mailbox: Mailbox, other: Mailbox, name: str) -> None:
    leave(other, mail("one"), mail("two"))

    assert mailbox.view(INBOX).total == 2
    assert READERS[name](mailbox)
    assert waiting(mailbox) == 0
    assert mailbox.check() == []


def test_what_needs_no_scan(mailbox: Mailbox, other: Mailbox) -> None:
    leave(other, mail("one"), mail("two", Flag.SEEN))
    uids = mailbox.view(INBOX).uids()

    assert mailbox.content(INBOX, 2).octets() == octets("two", body="text")
    assert mailbox.inline_contents(INBOX, uids) == (octets("one", body="text"), octets("two", body="text"))
    assert [row.size for row in mailbox.fetch(INBOX, uids, Columns.SIZE)] == [
        len(octets("one", body="text"))
    ] * 2
    assert list(mailbox.search(INBOX, Flagged(8, 8))) == [2]
    assert mailbox.shown_size(INBOX).total == 2
    assert waiting(mailbox) == 2


def test_what_goes_is_scanned_and_the_rest_waits(mailbox: Mailbox, other: Mailbox) -> None:
    leave(other, *[mail(str(number)) for number in range(1, 7)])
    folder = mailbox.create_folder(9, "there").folder_id

    assert list(mailbox.copy(INBOX, UidSet.of([1]), folder).target_uids) == [1]
    assert list(mailbox.move(INBOX, UidSet.of([2]), folder).target_uids) == [2]
    assert list(mailbox.delete_messages(INBOX, UidSet.of([3])).uids) == [3]
    assert list(mailbox.replace(INBOX, 4, folder, mail("replaced")).uids) == [3]
    assert waiting(mailbox) == 2
    assert mailbox.check() == []
    assert subjects(StoreSession.of(mailbox, SYSTEM), folder) == ["replaced", "1", "2"]


def test_a_folder_goes_as_it_is(mailbox: Mailbox, path: Path) -> None:
    folder = mailbox.create_folder(9, "gone").folder_id
    leave(mailbox, mail("one"), mail("two"), folder=folder)
    mailbox.delete_folder(folder)
    assert waiting(mailbox) == 2
    assert mailbox.check() == []

    assert mailbox.purge_softdeleted(before=float(1 << 40)) == 2
    assert waiting(mailbox) == 0
    with Mailbox.open(path, options=Options(soft_delete=False)) as hard:
        folder = hard.create_folder(9, "gone").folder_id
        leave(hard, mail(), folder=folder)
        hard.delete_folder(folder)
        assert waiting(hard) == 0
        assert hard.check() == []


def test_many_are_scanned_in_steps(mailbox: Mailbox, other: Mailbox) -> None:
    leave(mailbox, *[mail(str(number)) for number in range(2 * unscanned.BATCH + 1)])
    left = []
    for _ in mailbox.scan_steps(INBOX, Columns.ENVELOPE):
        left.append(waiting(mailbox))
        leave(other, mail("more"), mail("and more"))  # not waited for
    assert left == [unscanned.BATCH + 1, 3, 0]
    assert waiting(mailbox) == 2
    assert not list(mailbox.scan_steps(INBOX, Columns.SIZE | Columns.INTERNAL_DATE))


def test_one_folder_does_not_wait_for_another(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("first")])
    leave(mailbox, mail("second"), folder=TRASH)

    assert [row.uid for row in mailbox.fetch(INBOX, [1], ALL_COLUMNS)] == [1]
    mailbox.move(INBOX, UidSet.of([1]), TRASH)
    assert list(mailbox.search(INBOX, TextIn(Field.SUBJECT, "first"))) == []
    assert waiting(mailbox) == 1
    assert list(mailbox.search(TRASH, TextIn(Field.SUBJECT, "first"))) == [2]
    assert waiting(mailbox) == 0


def test_other_lists_do_not_show_what_is_not_scanned(mailbox: Mailbox, other: Mailbox) -> None:
    """Between the look and the reading, another process may add a mail."""
    session = StoreSession.of(mailbox, SYSTEM)
    replica = Replica(INBOX)
    leave(other, mail("first"))
    assert replica.synchronise(session) == 1
    leave(other, mail("late"))
    mailbox.file.execute("BEGIN")
    mailbox.file.look()
    everything = [(0, mailbox.file.change_number)]
    assert len(reading.changed(mailbox.file, INBOX, everything)) == 1
    assert subjects(session) == ["first"]
    mailbox.file.execute("COMMIT")
    assert waiting(mailbox) == 1

    assert replica.synchronise(session) == 1
    assert subjects(session) == ["first", "late"]
    assert replica.messages == truth(mailbox, INBOX)


def test_a_transaction_scans_what_came_since_the_last_look(mailbox: Mailbox, other: Mailbox) -> None:
    assert mailbox.view(INBOX).total == 0
    leave(other, *[mail(str(number)) for number in range(2 * unscanned.BATCH + 1)])

    with mailbox.file.write(durable=True, scanned=False):
        assert waiting(mailbox) == 2 * unscanned.BATCH + 1
    with mailbox.file.write(durable=True):
        assert mailbox.file.execute("SELECT count(*) FROM messages WHERE state = 2").fetchone() == (0,)
    assert waiting(other) == 0


def test_two_may_scan_the_same(mailbox: Mailbox, other: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(mailbox, mail("one"), mail("two"))
    other.view(INBOX)
    begin = other.file.write

    def write(**how: Any) -> object:  # noqa: ANN401 - as declared
        monkeypatch.undo()
        unscanned.scan_all(mailbox.file)
        return begin(**how)

    monkeypatch.setattr(other.file, "write", write)
    unscanned.scan_all(other.file)

    assert waiting(other) == 0
    assert (mailbox.file.unscanned, other.file.unscanned) == (0, 0)
    assert other.check() == []


def test_a_column_of_texts_does_not_pass_by_a_mail_without(mailbox: Mailbox, other: Mailbox) -> None:
    def found() -> list[int]:
        return list(mailbox.search(INBOX, TextIn(Field.SUBJECT, "needle")))

    mailbox.append(INBOX, [mail("needle 1")])
    with mailbox.steady():
        assert found() == [1]
        leave(other, mail("needle 2"))
        other.append(INBOX, [mail("needle 3")])
        column = finished(textcolumn.column(mailbox.file, INBOX, Field.SUBJECT))
        assert column.find(b"needle") == [1]
    assert found() == [1, 2, 3]


def test_subscribers_hear_of_it(mailbox: Mailbox, other: Mailbox) -> None:
    session = StoreSession.of(mailbox, SYSTEM)
    session.subscribe(EventType.OBJECT_CREATED | EventType.OBJECT_MODIFIED, INBOX)
    leave(other, mail("one"), mail("two"))

    told = [each.event for each in session.poll_events() if each.event is not None]
    created = [each.message_id for each in told if each.type is EventType.OBJECT_CREATED]
    assert len(set(created) - {None}) == 2


def test_a_search_folder_gets_it_when_it_is_scanned(mailbox: Mailbox) -> None:
    session = StoreSession.of(mailbox, SYSTEM)
    kind = FolderKind.SEARCH
    folder = hierarchy.create(mailbox.file, FINDER, "needles", container_class="", kind=kind).folder_id
    wanted = Content(
        tags.PidTagSubject, tags.PidTagSubject, "needle", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE
    )
    session.set_search_criteria(folder, wanted, (INBOX,), SearchFlag.FOREGROUND)
    while mailbox.keep_derived():
        pass
    leave(mailbox, mail("a needle"), mail("hay"))
    mailbox.set_flags(INBOX, UidSet.of([1, 2]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    assert mailbox.folder(folder).total == 0

    assert subjects(session, folder) == ["a needle"]
    assert mailbox.folder(folder).total == 1


def test_it_comes_with_its_scan(mailbox: Mailbox) -> None:
    leave(mailbox, mail())
    (before,) = mailbox.file.execute("SELECT cn FROM messages").fetchone()
    unscanned.scan_all(mailbox.file)

    cn, birth = mailbox.file.execute("SELECT cn, birth_cn FROM messages").fetchone()
    assert cn > before
    assert birth is None


def test_what_is_not_left_for_later(
    mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(mailbox, mail(size=content.INLINE_LIMIT + 1))
    assert waiting(mailbox) == 0

    with create_public(tmp_path / "public", domain="example.test", domain_id=3) as public:
        folder = public.create_folder(2, "Common")
        leave(public, mail(), folder=folder.folder_id)
        assert waiting(public) == 0

    monkeypatch.setattr(unscanned, "MOST", 3)
    for _ in range(5):
        leave(mailbox, mail())
    assert waiting(mailbox) == 3


def test_who_asks_once_asks_again(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unscanned, "AT_ONCE", 2)
    counts = []
    for number in range(1, 6):
        leave(mailbox, mail())
        counts.append(waiting(mailbox))
        assert len(list(mailbox.fetch(INBOX, [number], Columns.ENVELOPE))) == 1
    assert counts == [1, 0, 0, 1, 0]

    # The index asks for nobody.
    while mailbox.keep_derived():
        pass
    leave(mailbox, mail())
    leave(mailbox, mail())
    assert waiting(mailbox) == 1
    assert not mailbox.is_derived_current()
    while mailbox.keep_derived():
        pass
    assert waiting(mailbox) == 0
    assert mailbox.is_derived_current()


@pytest.fixture
def strange(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails of which something cannot be kept, and others that cannot be read at all; none is known."""

    def odd(raw: bytes, *how: Any) -> object:  # noqa: ANN401 - as declared
        if b"worse" in raw:
            raise ZeroDivisionError
        found = extract(raw, *how)
        return found._replace(subject="\ud800") if b"odd" in raw else found

    monkeypatch.setattr("gromox.store.unscanned.extract", odd)


@pytest.mark.usefixtures("strange")
def test_strange_mails_can_be_copied_moved_and_removed(mailbox: Mailbox, other: Mailbox) -> None:
    names = ("odd 1", "good 2", "odd 3", "worse 4", "good 5", "odd 6", "worse 7", "odd 8", "good 9")
    leave(other, *[mail(name) for name in names])
    folder = mailbox.create_folder(9, "there").folder_id

    assert len(mailbox.copy(INBOX, UidSet([(1, 2)]), folder).target_uids) == 2
    assert len(mailbox.move(INBOX, UidSet([(3, 5)]), folder).target_uids) == 3
    assert list(mailbox.delete_messages(INBOX, UidSet([(6, 7)])).uids) == [6, 7]
    assert waiting(mailbox) == 2
    assert b"odd 3" in mailbox.content(folder, 3).octets()

    threads = finished(mailbox.thread_steps(folder, [1, 2, 3, 4, 5], with_references=False))
    assert [row.subject for row in threads] == ["", "GOOD 2", "", "", "GOOD 5"]

    assert subjects(StoreSession.of(mailbox, SYSTEM)) == ["", "good 2", "", "good 9"]
    leave(other, *[mail(name) for name in names])
    with mailbox.file.write(durable=False):
        assert mailbox.file.unscanned == 0
    assert waiting(mailbox) == 0
    assert mailbox.check() == []


@pytest.mark.usefixtures("strange")
def test_damage_keeps_nobody_from_the_others(path: Path, mailbox: Mailbox) -> None:
    leave(mailbox, mail("lost"), mail("odd"), mail("good"))
    with sqlite3.connect(path / "exmdb/exchange.sqlite3") as damage:
        damage.execute("DELETE FROM contents WHERE content_id = (SELECT min(content_id) FROM contents)")

    assert mailbox.view(INBOX).total == 3
    threads = finished(mailbox.thread_steps(INBOX, [1, 2, 3], with_references=False))
    assert [row.subject for row in threads] == ["", "", "GOOD"]
    assert waiting(mailbox) == 0
    with pytest.raises(MessageGoneError):
        mailbox.content(INBOX, 1)
    assert {problem.kind for problem in mailbox.repair()} == {"content-missing"}
    mailbox.delete_messages(INBOX, UidSet.of([1]))
    mailbox.purge_softdeleted(before=float(1 << 40))


def test_a_full_mailbox_counts_it(mailbox: Mailbox) -> None:
    limited = Mailbox.open(mailbox.path, options=Options(max_messages=2))
    with limited as box:
        leave(box, mail(), mail())
        (refused,) = box.append_together([box.ready(INBOX, [mail()])])
        assert not isinstance(refused, Appended)
        assert waiting(box) == 2
