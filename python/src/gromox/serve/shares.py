"""Who of the workers accepts the next connection: their numbers, in memory that all of them see.

A table of one row for each worker, made by the parent and inherited by fork; a successor of the parent takes
it over by its descriptor. Whether a worker accepts, how many connections it has and how many it has accepted
is written by that worker alone. The parent says which row is whose, ends the accepting of a worker that
retires, and clears the row of one that is gone. A number is one aligned word, so nobody reads half of one.

Who reads sees what was true an instant ago. Two workers may therefore both find that it is their turn (one of
them meets an empty queue), and a total may be exceeded by what happens within that instant.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

#: Rows; more workers than any machine has memory for. Memory is taken only for rows that are in use.
ROWS: Final = 1 << 14
#: Words of a row: whether connections are accepted; how many there are; of how many of these we have taken
#: leave; how many were accepted ever; how many listeners rest.
_ACCEPTS, _COUNT, _PARTING, _ACCEPTED, _RESTING, _WIDTH = 0, 1, 2, 3, 4, 8
#: The word that says up to which row anybody has ever written; row 0 is nobody's.
_LAST: Final = 0
_SIZE: Final = ROWS * _WIDTH * 8
_SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW


class Shares:
    """The table."""

    def __init__(self, fd: int = -1) -> None:
        """Make a new one, or see the one of a former parent."""
        if fd < 0:
            fd = os.memfd_create("gromox-shares", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.ftruncate(fd, _SIZE)
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
        #: What a successor needs.
        self.fd = fd
        self._words = memoryview(mmap.mmap(fd, _SIZE)).cast("q")
        self._bells: list[int] = []

    def hang_bells(self, number: int) -> None:
        """Have a bell for each of the first rows, by which workers forked from now on call each other.

        A worker without a bell is always awake.
        """
        while len(self._bells) < number:
            self._bells.append(os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC))

    def share(self, row: int) -> Share:
        """Return the share that is written in a row."""
        return Share(self._words, self._bells, row)

    def free(self, taken: Collection[int]) -> Share:
        """Return the first share that is not among those ``taken``, cleared."""
        row = next(row for row in range(1, ROWS) if row not in taken)
        self._words[_LAST] = max(self._words[_LAST], row)
        share = self.share(row)
        share.clear()
        return share

    def close(self) -> None:
        """Keep the memory and close the descriptor; in a process that was forked."""
        os.close(self.fd)


class Share:
    """The share of one worker."""

    __slots__ = ("_begin", "_bells", "_slow", "_words", "emptied", "recall", "row")

    def __init__(self, words: memoryview, bells: Sequence[int], row: int) -> None:
        """See a row of the table."""
        self._words, self._bells, self.row = words, bells, row
        self._begin = row * _WIDTH
        # Workers that let their turn pass, and how many connections they had accepted by then.
        self._slow: dict[int, int] = {}
        #: Called in the worker whenever its last connection has ended.
        self.emptied: Callable[[], object] | None = None
        #: Called in the worker when it has less to do while a listener rests.
        self.recall: Callable[[], object] | None = None

    # -- what there is

    @property
    def accepts(self) -> bool:
        """Tell whether the worker accepts connections."""
        return bool(self._words[self._begin + _ACCEPTS])

    @property
    def count(self) -> int:
        """How many connections it has."""
        return int(self._words[self._begin + _COUNT])

    @property
    def others(self) -> int:
        """How many all other workers have."""
        words = self._words
        last = (words[_LAST] + 1) * _WIDTH
        return sum(words[at] for at in range(_WIDTH + _COUNT, last, _WIDTH)) - self.count

    # -- what its worker writes

    def begin(self) -> None:
        """Accept from now on."""
        self._words[self._begin + _ACCEPTS] = 1

    def end(self) -> None:
        """Accept no more; the parent says so, too."""
        self._words[self._begin + _ACCEPTS] = 0

    def accepted(self) -> None:
        """Note that a connection was accepted, whether or not it is served."""
        self._words[self._begin + _ACCEPTED] += 1

    def gain(self) -> None:
        """Count a connection."""
        self._words[self._begin + _COUNT] += 1

    def lose(self) -> None:
        """Count a connection that ended."""
        self._words[self._begin + _COUNT] -= 1
        self._have_less()
        if self.emptied is not None and not self._words[self._begin + _COUNT]:
            self.emptied()

    def part(self, number: int) -> None:
        """Count connections that only wait for the peer to close, or such that are closed (less than 0).

        They count for limits, and not when it comes to who has the most to do: a client that comes again at
        once finds the worker that knows it.
        """
        self._words[self._begin + _PARTING] += number
        self._have_less()

    def _have_less(self) -> None:
        if self.rests and self.recall is not None:
            self.recall()

    def clear(self) -> None:
        """Forget a worker that is gone."""
        self.end()
        for number in (_COUNT, _PARTING, _RESTING):
            self._words[self._begin + number] = 0
        self.accepted()  # who was slow is another one

    # -- whose turn it is

    def turn(self) -> tuple[int, int]:
        """Return whose turn it is to accept (a row), and how many connections that one has accepted so far.

        It is the turn of the one with the fewest connections, of the first row among several; of this one if
        all others are slow.
        """
        words, slow = self._words, self._slow
        first, fewest = self.row, words[self._begin + _COUNT] - words[self._begin + _PARTING]
        for row in range(1, words[_LAST] + 1):
            at = row * _WIDTH
            count = words[at + _COUNT] - words[at + _PARTING]
            if (
                (count < fewest or (count == fewest and row < first))
                and words[at + _ACCEPTS]
                and slow.get(row) != words[at + _ACCEPTED]
            ):
                first, fewest = row, count
        return first, words[first * _WIDTH + _ACCEPTED]

    # -- rest

    @property
    def bell(self) -> int:
        """The descriptor that can be read when others call; -1: they cannot."""
        return _bell(self._bells, self.row)

    @property
    def rests(self) -> bool:
        """Tell whether connections do not wake the worker for now."""
        return self.is_resting(self.row)

    def is_resting(self, row: int) -> bool:
        """Tell the same of any worker."""
        return bool(self._words[row * _WIDTH + _RESTING])

    def begin_rest(self) -> bool:
        """Let one more listener rest, if somebody else is awake, who could call; return whether it may.

        Who does so at the same moment as the only other one is refused, like that one.
        """
        words = self._words
        words[self._begin + _RESTING] += 1
        may = self.bell >= 0 and any(
            words[at + _ACCEPTS] and not words[at + _RESTING]
            for at in range(_WIDTH, (words[_LAST] + 1) * _WIDTH, _WIDTH)
            if at != self._begin
        )
        if not may:
            self.end_rest()
        return may

    def end_rest(self) -> None:
        """Let a listener be woken again."""
        self._words[self._begin + _RESTING] -= 1

    def call(self, row: int) -> None:
        """Call for a worker whose turn it is."""
        bell = _bell(self._bells, row)
        if bell >= 0:
            with suppress(BlockingIOError):  # it has been called often
                os.eventfd_write(bell, 1)

    def pass_over(self, row: int, accepted: int) -> None:
        """Count on a worker no more that let its turn pass, until it accepts again."""
        self._slow[row] = accepted


def _bell(bells: Sequence[int], row: int) -> int:
    return bells[row - 1] if row <= len(bells) else -1
