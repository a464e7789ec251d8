"""What the spam filter hears when users move mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.base.ids import SeededIds
from gromox.base.log import captured
from gromox.base.secret import Secret
from gromox.base.settings import Endpoint
from gromox.learn import teacher as teachers
from gromox.learn.controller import Controller, ControllerAwayError, LearnRefusedError
from gromox.learn.lesson import Lesson
from gromox.learn.teacher import Teacher
from gromox.mapi.folderids import Private
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.pool import MailboxPool
from gromox.store.uidset import UidSet
from tests.learn.conftest import FilterServer
from tests.support.server import PATIENCE, free_port

INBOX, JUNK, TRASH, SENT = (
    int(folder) for folder in (Private.INBOX, Private.JUNK, Private.DELETED_ITEMS, Private.SENT_ITEMS)
)
MAX_SIZE = 1000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def mailbox(tmp_path: Path, clock: ManualClock) -> Iterator[Mailbox]:
    box = create_private(
        tmp_path / "alice", owner="alice@example.test", user_id=7, clock=clock, ids=SeededIds()
    )
    yield box
    box.close()


@pytest.fixture
def pool(clock: ManualClock) -> Iterator[MailboxPool]:
    pool = MailboxPool(clock)
    yield pool
    pool.close()


def controller(filter_server: FilterServer) -> Controller:
    return Controller(Endpoint("127.0.0.1", filter_server.server_port), Secret("open"), PATIENCE)


@pytest.fixture
def teacher(filter_server: FilterServer, pool: MailboxPool, clock: ManualClock) -> Teacher:
    return Teacher(pool, controller(filter_server), max_size=MAX_SIZE, clock=clock)


def put(mailbox: Mailbox, folder: int, *names: str, size: int = 0) -> None:
    mailbox.append(folder, [NewMail(f"Subject: {name}\r\n\r\n".encode() + b"x" * size) for name in names])


def look(teacher: Teacher, mailbox: Mailbox) -> None:
    teacher.touched(mailbox.path)
    while teacher.look():
        pass


def test_into_junk_is_spam_and_out_of_it_is_ham(
    teacher: Teacher, mailbox: Mailbox, filter_server: FilterServer
) -> None:
    put(mailbox, INBOX, "pills", "news")
    mailbox.move(INBOX, UidSet.of([1]), JUNK)
    look(teacher, mailbox)
    mailbox.move(JUNK, UidSet.of([1]), INBOX)
    look(teacher, mailbox)

    message = b"Subject: pills\r\n\r\n"
    assert filter_server.lessons == [("/learnspam", "open", message), ("/learnham", "open", message)]


def test_nothing_is_taught_twice(teacher: Teacher, mailbox: Mailbox, filter_server: FilterServer) -> None:
    put(mailbox, INBOX, "pills")
    mailbox.move(INBOX, UidSet.of([1]), JUNK)
    look(teacher, mailbox)
    put(mailbox, INBOX, "more")
    look(teacher, mailbox)

    assert len(filter_server.lessons) == 1


def test_what_says_nothing_teaches_nothing(
    teacher: Teacher, mailbox: Mailbox, filter_server: FilterServer
) -> None:
    put(mailbox, JUNK, "delivered there", "thrown away")
    put(mailbox, INBOX, "a", "large", size=MAX_SIZE)
    mailbox.move(JUNK, UidSet.of([2]), TRASH)
    mailbox.move(INBOX, UidSet.of([1]), SENT)
    mailbox.move(INBOX, UidSet.of([2]), JUNK)
    look(teacher, mailbox)

    assert filter_server.lessons == []


def test_moves_before_the_start_are_not_taught(
    mailbox: Mailbox, filter_server: FilterServer, pool: MailboxPool, clock: ManualClock
) -> None:
    put(mailbox, INBOX, "old", "new")
    mailbox.move(INBOX, UidSet.of([1]), JUNK)
    clock.advance(10)
    teacher = Teacher(pool, controller(filter_server), max_size=MAX_SIZE, clock=clock)
    mailbox.move(INBOX, UidSet.of([2]), JUNK)
    look(teacher, mailbox)

    assert [message for _, _, message in filter_server.lessons] == [b"Subject: new\r\n\r\n"]


def test_more_moves_than_one_look_takes(
    teacher: Teacher, mailbox: Mailbox, filter_server: FilterServer
) -> None:
    count = teachers.MOST_MOVES + 1
    put(mailbox, INBOX, *(f"n{number}" for number in range(count)))
    for uid in range(1, count + 1):
        mailbox.move(INBOX, UidSet.of([uid]), JUNK)
    look(teacher, mailbox)

    assert len(filter_server.lessons) == count


def test_a_filter_that_is_away_is_asked_again_later(
    mailbox: Mailbox,
    filter_server: FilterServer,
    pool: MailboxPool,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(teachers, "PAUSE", 0.0)
    teacher = Teacher(pool, controller(filter_server), max_size=MAX_SIZE, clock=clock)
    filter_server.answers = [503]
    put(mailbox, INBOX, "pills")
    mailbox.move(INBOX, UidSet.of([1]), JUNK)
    with captured() as lines:
        look(teacher, mailbox)

    assert len(filter_server.lessons) == 2
    assert any("spam filter away" in line for line in lines)


def test_a_refusal_ends_the_lesson(teacher: Teacher, mailbox: Mailbox, filter_server: FilterServer) -> None:
    filter_server.answers = [403, 208]
    put(mailbox, INBOX, "a", "b", "c")
    mailbox.move(INBOX, UidSet([(1, 3)]), JUNK)
    with captured() as lines:
        look(teacher, mailbox)

    assert len(filter_server.lessons) == 3
    assert any("not learned" in line and "learn_password" in line for line in lines)
    assert not any("open" in line.split() for line in lines), "the password is not logged"


def test_a_mailbox_that_is_gone_is_passed_over(teacher: Teacher, tmp_path: Path) -> None:
    teacher.touched(tmp_path / "nobody")
    assert teacher.look()
    assert not teacher.look()


def test_changes_that_nobody_can_follow_are_dropped(teacher: Teacher, tmp_path: Path) -> None:
    with captured() as lines:
        for number in range(teachers.MOST_WAITING + 2):
            teacher.touched(tmp_path / str(number))
    assert len(teacher._waiting) == teachers.MOST_WAITING
    assert sum("changes not looked at" in line for line in lines) == 2


@pytest.mark.parametrize(
    ("status", "error"), [(500, ControllerAwayError), (400, LearnRefusedError), (403, LearnRefusedError)]
)
def test_answers_of_the_controller(filter_server: FilterServer, status: int, error: type[Exception]) -> None:
    filter_server.answers = [200, 204, status]
    found = controller(filter_server)
    assert found.teach(Lesson.HAM, b"", user="alice")
    assert not found.teach(Lesson.HAM, b"", user="alice")
    with pytest.raises(error):
        found.teach(Lesson.HAM, b"", user="alice")


def test_nobody_listens() -> None:
    with pytest.raises(ControllerAwayError):
        Controller(Endpoint("127.0.0.1", free_port()), Secret(""), PATIENCE).teach(Lesson.SPAM, b"", user="a")
