"""Jobs: what is promised, remembered, run and tried again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.clock import ManualClock
from gromox.base.log import captured
from gromox.base.wire import Close, Peer, Send
from gromox.timer.agenda import MAX_INTERVAL, MAX_TRIES, RETRY_AFTER, Agenda, IntervalError
from gromox.timer.journal import Job, Journal
from gromox.timer.programs import MAX_COMMAND, CommandError, is_ours, words_of
from gromox.timer.session import LONGEST_LINE, TimerCore

COMMAND = "/usr/sbin/gromox-mbop -u alice@example.test ping"
PEER = Peer("::1", 0, False, 0, "c-1")


class Bench:
    """An agenda on a file, and a connection to it."""

    def __init__(self, path: Path, clock: ManualClock) -> None:
        self.path, self.clock, self.woken = path, clock, 0
        self.open()

    def open(self) -> None:
        self.journal = Journal(self.path)
        self.agenda = Agenda(self.journal, self.clock, wake=self.wake)
        self.core = TimerCore(self.agenda, lambda _: True)

    def wake(self) -> None:
        self.woken += 1

    def restart(self) -> None:
        self.journal.close()
        self.open()

    def say(self, *lines: str) -> list[str]:
        actions = list(self.core.receive("".join(f"{line}\r\n" for line in lines).encode()))
        for durable in self.core.unsynced():
            durable.sync()
        sent = [piece for action in actions if isinstance(action, Send) for piece in action.pieces]
        words = b"".join(piece for piece in sent if isinstance(piece, bytes)).decode().splitlines()
        return [*words, *["(closed)" for action in actions if isinstance(action, Close)]]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path / "timer.txt", ManualClock())
    yield found
    found.journal.close()


def test_a_job_is_taken_when_it_is_due(bench: Bench) -> None:
    assert bench.say(f"ADD 60 {COMMAND}") == ["TRUE 1"]
    assert bench.woken == 1
    assert bench.agenda.take() is None
    assert bench.agenda.wait() == pytest.approx(60, abs=1)
    bench.clock.advance(61)
    job = bench.agenda.take()
    assert job is not None
    assert job.command == COMMAND
    assert bench.agenda.take() is None
    assert bench.agenda.done(job, succeeded=True)
    assert len(bench.agenda) == 0


def test_jobs_survive(bench: Bench) -> None:
    assert bench.say(f"ADD 60 {COMMAND}", f"ADD 30 {COMMAND} 2", "CANCEL 1") == ["TRUE 1", "TRUE 2", "TRUE"]
    bench.restart()
    bench.clock.advance(100)
    job = bench.agenda.take()
    assert job is not None
    assert job.job_id == 2
    assert bench.say(f"ADD 1 {COMMAND}") == ["TRUE 3"], "no id is given twice"
    bench.restart()
    assert len(bench.agenda) == 2, "one that was begun when the daemon ended is begun again"


def test_what_is_said_is_on_disk(bench: Bench) -> None:
    bench.say(f"ADD 60 {COMMAND}")
    assert not bench.journal.needs_sync
    due = int(bench.clock.now()) + 60
    assert bench.path.read_text() == f"1\t{due}\t{COMMAND}\n"
    bench.say("CANCEL 1")
    assert bench.path.read_text().splitlines()[-1] == "1\t0\tCANCEL"


def test_the_protocol(bench: Bench) -> None:
    assert list(bench.core.start(PEER)) == [Send([b"OK\r\n"])]
    assert bench.say(
        "PING", "ping", "NONSENSE", "", "ADD", "ADD 5", f"ADD x {COMMAND}", f"ADD 0 {COMMAND}"
    ) == [
        "TRUE",
        "TRUE",
        "FALSE",
        "FALSE",
        "FALSE 1",
        "FALSE 1",
        "FALSE 2",
        "FALSE 2",
    ]
    assert bench.say(f"ADD {MAX_INTERVAL + 1} {COMMAND}", "ADD 5 /bin/sh -c id") == ["FALSE 2", "FALSE 1"]
    assert bench.say("CANCEL 77", "CANCEL x", "CANCEL") == ["FALSE", "FALSE", "FALSE"]
    assert bench.say("QUIT") == ["TRUE", "(closed)"]


def test_strangers_are_refused(bench: Bench) -> None:
    core = TimerCore(bench.agenda, lambda address: address == "::1")
    with captured() as lines:
        assert list(core.start(Peer("192.0.2.1", 0, False, 0, "c"))) == [
            Send([b"FALSE Access Deny\r\n"]),
            Close(),
        ]
    assert "timer_hosts_allow" in lines[0]


def test_lines_end(bench: Bench) -> None:
    assert bench.say("x" * (LONGEST_LINE + 1)) == ["FALSE", "(closed)"]
    assert list(bench.core.receive(b"y" * (LONGEST_LINE + 1))) == [Send([b"FALSE\r\n"]), Close()]


def test_a_failed_job_is_tried_again_and_given_up(bench: Bench) -> None:
    bench.say(f"ADD 1 {COMMAND}")
    for tries in range(1, MAX_TRIES + 1):
        bench.clock.advance(RETRY_AFTER * MAX_TRIES)
        job = bench.agenda.take()
        assert job is not None
        assert not bench.agenda.cancel(job.job_id), "it is running"
        assert bench.agenda.done(job, succeeded=False) is (tries == MAX_TRIES)
    assert bench.agenda.wait() is None


@pytest.mark.parametrize(
    ("program", "ours"),
    [
        ("/usr/sbin/gromox-mbop", True),
        ("/usr/libexec/gromox/timer", True),
        ("/usr/libexec/gromox/../../bin/sh", False),
        ("/usr/sbin/../bin/gromox-x", False),
        ("gromox-mbop", False),
        ("/bin/sh", False),
        ("/tmp/gromox-mbop", False),
        ("/usr/sbin/gromox-../sh", False),
        ("/usr/libexec/gromox/sub/x", False),
    ],
)
def test_only_programs_of_the_product_are_run(program: str, ours: bool) -> None:
    assert is_ours(program) is ours


@pytest.mark.parametrize(
    "command",
    ["", "'", "/usr/sbin/gromox-mbop " + "x" * MAX_COMMAND, "/usr/sbin/gromox-mbop\tx", "/bin/true"],
)
def test_what_is_no_command_is_refused(command: str) -> None:
    with pytest.raises(CommandError):
        words_of(command)


def test_words_may_be_quoted() -> None:
    assert words_of("/usr/sbin/gromox-mbop 'a b' ; rm") == ["/usr/sbin/gromox-mbop", "a b", ";", "rm"]


def test_a_bad_interval_adds_nothing(bench: Bench) -> None:
    with pytest.raises(IntervalError):
        bench.agenda.add(-5, COMMAND)
    assert bench.path.read_bytes() == b""


@given(st.binary(max_size=300))
def test_any_file_can_be_read(tmp_path_factory: pytest.TempPathFactory, octets: bytes) -> None:
    path = tmp_path_factory.mktemp("timer") / "timer.txt"
    good = f"7\t99\t{COMMAND}\n".encode()
    path.write_bytes(good + octets)
    journal = Journal(path)
    assert journal.last_id >= 7
    journal.close()


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_line_that_was_cut_off_is_no_job(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "timer.txt"
    path.write_bytes(b"7\t99\tone\n" + b"8\t99\ttwo\n"[:-cut])
    journal = Journal(path)
    assert list(journal.jobs.values()) == [Job(7, 99, "one")]
    journal.close()
