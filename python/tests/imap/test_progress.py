"""A command that takes long says that it is still at work. RFC 9585."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.base.clock import ManualClock
from gromox.imap.progress import INTERVAL, with_progress

from tests.imap.driver import mail, octets_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.imap.driver import Server


def test_it_is_said_every_ten_seconds_and_not_more_often() -> None:
    clock = ManualClock()

    def steps() -> Iterator[Sequence[bytes]]:
        for _ in range(30):
            clock.advance(INTERVAL / 5)
            yield ()

    said = [b"".join(map(octets_of, pieces)) for pieces in with_progress(clock, b'a"1', steps())]
    assert [len(octets) > 0 for octets in said] == ([False] * 4 + [True]) * 6
    assert said[4] == b'* OK [INPROGRESS ("a\\"1" NIL NIL)] still at work\r\n'


def test_a_tag_that_would_end_the_code_is_not_told() -> None:
    clock = ManualClock()

    def steps() -> Iterator[Sequence[bytes]]:
        clock.advance(INTERVAL)
        yield ()

    (pieces,) = with_progress(clock, b"a]1", steps())
    assert list(pieces) == [b"* OK [INPROGRESS (NIL NIL NIL)] still at work\r\n"]


def test_what_is_quick_says_nothing(server: Server) -> None:
    server.fill(3)
    client = server.login()

    assert client.ok("search body hello").startswith(b"* SEARCH\r\n")
    assert client.ok(b"append inbox {%d+}\r\n%b" % (len(mail(1)), mail(1))).count(b"INPROGRESS") == 0
