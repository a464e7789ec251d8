"""The parent of a daemon's workers: accepts, hands over, restarts what crashed, replaces all when asked.

Each connection goes to the worker that has the fewest, so that they are balanced however few they are, and
limits count in one place. The listening sockets live here: a worker that dies takes only its own sessions
along, and nobody who waits to be accepted.

The parent forks and therefore has no thread, no event loop of a library and no open database. It does next to
nothing, so that it has no reason to fail.

Signals: SIGTERM and SIGINT stop all. SIGHUP reads the settings anew: if they are different, new workers take
the new connections and the former ones end with their sessions; if not, the workers read their certificates
anew. SIGUSR1: all write their sessions to the log. SIGUSR2: the parent goes on with the code that is
installed now (``gromox.serve.succession``), and new workers follow as after new settings.
"""

from __future__ import annotations

import gc
import heapq
import os
import selectors
import signal
import socket
import sys
import traceback
from dataclasses import dataclass, replace
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Final

from gromox.base import log, metrics
from gromox.serve import handover, succession, systemd
from gromox.serve.exposition import Exposition
from gromox.serve.listener import ACCEPTS, PAUSE, address_of
from gromox.serve.offspring import Child, State, Untaken, pause_after
from gromox.serve.succession import Estate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gromox.serve.handover import Message
    from gromox.serve.limits import Limits
    from gromox.serve.succession import ListeningSocket, Rehearsal

_log = log.get_logger(__name__)

#: Seconds that workers get to stop, a little more than the grace they give their clients.
STOP_LIMIT: Final = 8.0
#: Seconds without a sign of life after which a worker is taken for hung, if systemd does not say.
HANG_LIMIT: Final = 180.0
#: Seconds for a worker to become ready.
START_LIMIT: Final = 120.0
#: Seconds in which workers tell their figures to who asks.
PATIENCE: Final = 2.0
#: Former generations of workers that may still have sessions.
MOST_FORMER: Final = 2
#: Seconds of life after which a crash is the first one again.
LONG_LIFE: Final = 30.0
_TICK: Final = 1.0
_SOON: Final = 0.1
_SIGNALS: Final = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCHLD,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How workers are run with certain settings."""

    sockets: Sequence[ListeningSocket]
    workers: int
    retire_time: float  #: seconds that sessions of replaced workers may go on
    limits: Limits
    run: Callable[
        [socket.socket], int
    ]  #: is the worker on the other end of the channel; returns its exit status


@dataclass
class Supervisor:
    """Runs until it is told to stop."""

    plan: Plan
    #: Reads the settings anew: the plan for them, or None if nothing needs new workers. May raise.
    replan: Callable[[], Plan | None]
    figures: socket.socket | None = None  #: listens for who wants to read the metrics
    figures_path: str = ""
    #: What a former parent left. Its sockets are those of the plan to begin with.
    estate: Estate | None = None

    def __post_init__(self) -> None:
        """Prepare."""
        estate = self.estate or Estate()
        self.children, self.generation, self._departed = estate.children, estate.generation, estate.departed
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._accepting = self._stopping = False
        self._candidate: Plan | None = None
        self._crashes = 0
        self._status = 0
        self._rehearsal: Rehearsal | None = None
        self._homeless: list[Untaken] = []
        self._was_ready = False
        self._wakeup, self._woken = socket.socketpair()
        watchdog = int(os.environ.get("WATCHDOG_USEC", "0")) / 1_000_000
        self._hang_limit = watchdog or HANG_LIMIT
        self._watchdog, self._shown, self._ticked = watchdog / 2, 0.0, monotonic()
        self._exposition = Exposition(self._selector, self._texts) if self.figures is not None else None

    # -- life

    def run(self, ready: Callable[[], None]) -> int:
        """Serve until told to stop; return the exit status. ``ready`` is called when all workers are."""
        self._ready = ready
        for end in (self._wakeup, self._woken):
            end.setblocking(False)
        for number in _SIGNALS:
            signal.signal(number, lambda _number, _frame: None)
            signal.siginterrupt(number, False)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._woken, selectors.EVENT_READ, (self._signalled,))
        if self._exposition is not None and self.figures is not None:
            self._exposition.listen(self.figures)
        gc.collect()
        gc.freeze()  # what was loaded so far is shared with the workers and not looked through again
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        if self.estate is None:
            self._start(self.plan, self.generation, first=True)
        else:
            self._follow()
        self._tick()
        while not (self._stopping and not self.children):
            for key, events in self._selector.select(self._until_next_timer()):
                # What was done for another one may have closed it (a worker that was reaped, say).
                if isinstance(key.fileobj, socket.socket) and key.fileobj.fileno() < 0:
                    continue
                handle, *arguments = key.data
                handle(*arguments, events)
            self._run_timers()
        signal.set_wakeup_fd(-1)
        return self._status

    def _tick(self) -> None:
        """Look after the workers once a second, and show systemd that we do."""
        self._after(_TICK, self._tick)
        now = monotonic()
        # Who does not get the processor itself cannot blame others for their silence.
        late, self._ticked = now - self._ticked - _TICK, now
        if late > _TICK:
            for child in self.children.values():
                child.heard += late
        if self._watchdog and now - self._shown >= self._watchdog:
            self._shown = now
            systemd.notify("WATCHDOG=1")
        for child in list(self.children.values()):
            limit = START_LIMIT if child.state is State.STARTING else self._hang_limit
            if now - child.heard > limit and not child.killed:
                _log.error("worker hangs", worker=child.pid, silent=round(now - child.heard))
                child.kill(signal.SIGKILL)

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (monotonic() + seconds, next(self._order), call))

    def _until_next_timer(self) -> float:
        return max(self._timers[0][0] - monotonic(), 0.0) if self._timers else _TICK

    def _run_timers(self) -> None:
        while self._timers and self._timers[0][0] <= monotonic():
            heapq.heappop(self._timers)[2]()

    # -- signals

    def _signalled(self, _events: int) -> None:
        try:
            numbers = self._woken.recv(64)
        except BlockingIOError:
            return
        for number in dict.fromkeys(numbers):
            match number:
                case signal.SIGTERM | signal.SIGINT:
                    self.stop()
                case signal.SIGHUP:
                    self.reload()
                case signal.SIGUSR1:
                    self.dump()
                case signal.SIGUSR2:
                    self.replace()
                case signal.SIGCHLD:
                    self._reap()

    def stop(self) -> None:
        """Stop; a second time: at once."""
        if not self._stopping:
            systemd.notify("STOPPING=1")
            _log.notice("stopping", workers=len(self.children))
            self._stopping = True
            self._accept(wanted=False)
            for one in self.plan.sockets:
                one.sock.close()
            for found in self._homeless:
                found.sock.close()
            self._homeless.clear()
            if self._rehearsal is not None:
                self._rehearsal.process.kill()
            self._after(STOP_LIMIT, lambda: self._signal_all(signal.SIGKILL))
        self._signal_all(signal.SIGTERM)

    def reload(self) -> None:
        """Take new settings with new workers, or have the present ones look at their certificates."""
        if self._stopping:
            return
        systemd.reloading()
        try:
            plan = self.replan()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the files, the present settings work
            _log.error("settings kept", reason=error)
            plan = None
        if plan is None or self._candidate is not None:
            self._signal_all(signal.SIGHUP, only=self.generation)
            _log.notice("reloaded")
            self._tell_ready()
            return
        self._candidate = plan
        self._start(plan, self.generation + 1, first=True)

    def dump(self) -> None:
        """Write the workers to the log; they write their sessions."""
        for child in self.children.values():
            _log.notice("worker", **child.describe())
        self._signal_all(signal.SIGUSR1)

    def _signal_all(self, number: int, *, only: int = 0) -> None:
        for child in self.children.values():
            # One that starts has not yet said what it does with signals; it is new anyway.
            harmless = number in (signal.SIGHUP, signal.SIGUSR1)
            if only not in (0, child.generation) or (harmless and child.state is State.STARTING):
                continue
            child.kill(number)

    # -- workers

    def _start(self, plan: Plan, generation: int, *, first: bool = False) -> None:
        """Fork a worker; the others of its generation follow when the ``first`` is ready."""
        ours, theirs = handover.pair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _become_worker(self, plan, ours, theirs)
        theirs.close()
        child = Child(pid, ours, generation, is_first=first)
        self.children[pid] = child
        self._selector.register(ours, selectors.EVENT_READ, (self._heard, child))

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            child = self.children.pop(pid, None)
            if child is not None:
                self._heard(child)  # what it said last
                self._ended(child, os.waitstatus_to_exitcode(status))
            elif self._rehearsal is not None and pid == self._rehearsal.pid:
                self._rehearsed(self._rehearsal, os.waitstatus_to_exitcode(status))

    def _ended(self, child: Child, status: int) -> None:
        """Clear up after a worker, and start another if it was not to end."""
        self._hang_up(child)
        child.channel.close()
        for host, number in child.addresses.items():
            for _ in range(number):
                self.plan.limits.give_back(host)
        self._homeless += child.untaken.values()
        child.untaken = {}
        self._house()
        self._departed = metrics.summed([self._departed, child.figures])
        self._tell_all({"kind": "left", "by": child.pid}, but=child.pid)
        if self._exposition is not None:
            self._exposition.look()
        if not any(each.state is State.SERVING for each in self.children.values()):
            self._accept(wanted=False)
        if self._stopping or child.state is State.RETIRING:
            return
        if child.generation > self.generation:
            self._refuse_candidate(status)
        elif not self._was_ready:
            self._status = 1  # it has said why
            self.stop()
        else:
            self._crashed(child, status)

    def _refuse_candidate(self, status: int) -> None:
        """Go on with the workers that are there; those that ended meanwhile follow the present plan."""
        candidate, self._candidate = self._candidate, None
        if candidate is not None:
            self._close_all_but(self.plan.sockets, candidate.sockets)
        _log.error("settings kept", reason="a worker with the new ones did not start", status=status)
        self._tell_ready("; new workers did not start")
        for _ in range(self._missing()):
            self._start_after(pause_after(1 + self._crashes))

    def _crashed(self, child: Child, status: int) -> None:
        metrics.RESTARTS.add()
        self._crashes = 0 if child.age > LONG_LIFE else self._crashes + 1
        pause = pause_after(self._crashes)
        _log.error("worker ended", worker=child.pid, status=status, sessions=child.count, restart_after=pause)
        self._start_after(pause)

    def _start_after(self, pause: float) -> None:
        """Start a worker of the present generation, if one is missing then."""
        generation = self.generation

        def again() -> None:
            if not self._stopping and generation == self.generation and self._missing():
                self._start(self.plan, generation)

        self._after(pause, again)

    def _missing(self) -> int:
        """Return how many workers of the present generation are not there."""
        return self.plan.workers - sum(
            child.generation == self.generation and child.state is not State.RETIRING
            for child in self.children.values()
        )

    def _is_ready(self, child: Child) -> None:
        child.state = State.SERVING
        if self._candidate is not None and child.generation == self.generation + 1:
            self._take_over(self._candidate)
        self._tell_all({"kind": "joined", "by": child.pid}, but=child.pid)
        self._house()
        self._accept(wanted=True)
        if child.is_first:
            child.is_first = False
            for _ in range(self._missing()):
                self._start(self.plan, self.generation)
        if not self._was_ready and all(each.state is not State.STARTING for each in self.children.values()):
            self._was_ready = True
            self._tell_ready()
            self._ready()

    def _take_over(self, plan: Plan) -> None:
        """Let the workers with new settings serve, and the former ones end with their sessions."""
        plan.limits.adopt(self.plan.limits)
        if list(plan.sockets) != list(self.plan.sockets):
            while self._homeless:  # their door may be another one now
                self._homeless.pop().sock.close()
            self._accept(wanted=False)
            self._close_all_but(plan.sockets, self.plan.sockets)
        self._candidate, self.plan = None, plan
        self.generation += 1
        for child in self.children.values():
            if child.generation >= self.generation:
                continue
            if child.generation + MOST_FORMER < self.generation:
                child.state = State.RETIRING
                child.kill(signal.SIGTERM)
            else:
                child.state = State.RETIRING
                child.say({"kind": "retire", "seconds": plan.retire_time})
        _log.notice("reloaded", generation=self.generation)
        self._tell_ready()

    @staticmethod
    def _close_all_but(kept: Sequence[ListeningSocket], sockets: Sequence[ListeningSocket]) -> None:
        open_still = [one.sock for one in kept]
        for one in sockets:
            if one.sock not in open_still:
                one.sock.close()

    # -- new code

    def replace(self) -> None:
        """Go on with the code that is installed now, if a rehearsal succeeds."""
        if self._stopping or self._rehearsal is not None:
            return
        systemd.reloading()
        try:
            rehearsal = self._rehearsal = succession.rehearse(self._estate())
        except OSError as error:
            self._keep_code(str(error))
            return
        _log.notice("rehearsing new code", process=rehearsal.pid)
        self._selector.register(rehearsal.output, selectors.EVENT_READ, (self._rehearsal_speaks, rehearsal))

        def give_up() -> None:
            if self._rehearsal is rehearsal:
                rehearsal.process.kill()

        self._after(START_LIMIT, give_up)

    def _rehearsal_speaks(self, rehearsal: Rehearsal, _events: int) -> None:
        if not rehearsal.listen():
            self._selector.unregister(rehearsal.output)

    def _rehearsed(self, rehearsal: Rehearsal, status: int) -> None:
        if rehearsal.output in self._selector.get_map():
            self._selector.unregister(rehearsal.output)
        reason = rehearsal.ended(status)
        if reason or self._stopping:
            self._rehearsal = None
            self._keep_code(reason)
        else:
            self._succeed()

    def _keep_code(self, reason: str) -> None:
        if not self._stopping:
            _log.error("code kept", reason=reason)
            self._tell_ready(f"; new code did not start: {reason}")

    def _succeed(self) -> None:
        """Become the successor as soon as no worker is on its way; the limits of their start see to it."""
        former = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self._signalled(0)  # what came until now is for us, all else for the successor
            if self._stopping:
                return
            if (
                self._homeless
                or self._candidate is not None
                or not all(child.is_settled for child in self.children.values())
            ):
                self._after(_SOON, self._succeed)
                return
            _log.notice("replaced by new code", generation=self.generation)
            succession.become(self._estate())
        except OSError as error:
            self._rehearsal = None
            self._keep_code(str(error))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, former)

    def _estate(self) -> Estate:
        departed = metrics.summed([self._departed, metrics.snapshot()])
        return Estate(
            self.generation, self.plan.sockets, self.figures, self.figures_path, self.children, departed
        )

    def _follow(self) -> None:
        """Go on where the former parent was, with its workers until there are new ones."""
        self._was_ready = True
        plan, self.plan = self.plan, replace(self.plan, sockets=self.estate.sockets if self.estate else ())
        for child in self.children.values():
            child.heard = monotonic()
            for host, number in child.addresses.items():
                self.plan.limits.restore(host, number)
            if child.channel.fileno() >= 0:
                self._selector.register(child.channel, selectors.EVENT_READ, (self._heard, child))
                self._watch_room(child)
        self._reap()  # who ended while nobody listened
        self._accept_again()
        self._candidate = plan
        self._start(plan, self.generation + 1, first=True)

    def _tell_ready(self, remark: str = "") -> None:
        systemd.ready(f"generation {self.generation}, {systemd.code()}{remark}")

    # -- what workers say

    def _heard(self, child: Child, _events: int = 0) -> None:
        child.flush()
        while True:
            try:
                found = handover.receive(child.channel)
            except (EOFError, OSError):
                self._hang_up(child)
                return
            if found is None:
                break
            child.heard = monotonic()
            self._obey(child, found[0])
        self._watch_room(child)

    def _obey(self, child: Child, message: Message) -> None:
        match message["kind"]:
            case "ready":
                self._is_ready(child)
            case "took":
                child.untaken.pop(message["number"]).sock.close()
            case "ended":
                child.lose(message["address"], counted=message["counted"])
                if message["counted"]:
                    self.plan.limits.give_back(message["address"])
            case "tell":
                told = {"kind": "told", "by": child.pid, "topic": message["topic"], "words": message["words"]}
                self._tell_all(told, but=child.pid)
            case "report":
                child.figures, child.reported = message["metrics"], True
                if self._exposition is not None:
                    self._exposition.look()
            case "alive" if "metrics" in message:
                child.figures = message["metrics"]

    def _tell_all(self, message: Message, *, but: int) -> None:
        for child in self.children.values():
            if child.pid != but:
                child.say(message)
                self._watch_room(child)

    def _watch_room(self, child: Child) -> None:
        """Look for room in the channel as long as something waits for it."""
        if not child.is_watched(self._selector):
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if child.waiting else 0)
        self._selector.modify(child.channel, events, (self._heard, child))

    def _hang_up(self, child: Child) -> None:
        if child.is_watched(self._selector):
            self._selector.unregister(child.channel)
            if self._exposition is not None:
                self._exposition.look()  # it does not report any more

    # -- connections

    def _accept(self, *, wanted: bool) -> None:
        if wanted is self._accepting or (wanted and self._stopping):
            return
        self._accepting = wanted
        for door, one in enumerate(self.plan.sockets):
            if wanted:
                self._selector.register(one.sock, selectors.EVENT_READ, (self._acceptable, door, one))
            else:
                self._selector.unregister(one.sock)

    def _acceptable(self, door: int, one: ListeningSocket, _events: int) -> None:
        for _ in range(ACCEPTS):
            try:
                sock, name = one.sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                _log.error("cannot accept", port=one.port, reason=error)
                self._rest()
                return
            if not self._hand_over(Untaken(sock, door, name)):
                sock.close()
                self._rest()
                return

    def _rest(self) -> None:
        """Accept nothing for a moment."""
        self._accept(wanted=False)
        self._after(PAUSE, self._accept_again)

    def _accept_again(self) -> None:
        if any(child.state is State.SERVING for child in self.children.values()):
            self._accept(wanted=True)

    def _house(self) -> None:
        """Find other workers for connections whose worker died before it took them."""
        while self._homeless and not self._stopping and self._hand_over(self._homeless[0]):
            del self._homeless[0]

    def _hand_over(self, found: Untaken) -> bool:
        """Give a connection to the worker that has the fewest; return False if none takes it.

        It stays open here until the worker says that it has it: who dies before serves nobody.
        """
        one = self.plan.sockets[found.door]
        host, port = address_of(found.sock, found.name)
        refused = self.plan.limits.take(host, proxied=one.proxied)
        message = {
            "kind": "take",
            "number": (number := next(self._order)),
            "door": found.door,
            "address": [host, port],
            "port": one.port,
            "refused": refused,
        }
        serving = [child for child in self.children.values() if child.state is State.SERVING]
        for child in sorted(serving, key=lambda each: each.count):
            if not child.waiting and handover.send(child.channel, message, found.sock):
                child.untaken[number] = found
                child.gain(host, counted=refused is None)
                return True
        if refused is None:
            self.plan.limits.give_back(host)
        return False

    def close_for_child(self, channel: socket.socket) -> None:
        """Close, in a process that was just forked, what only the parent needs."""
        channel.close()
        for child in self.children.values():
            child.channel.close()
            for found in child.untaken.values():
                found.sock.close()
        for found in self._homeless:
            found.sock.close()
        candidates = self._candidate.sockets if self._candidate is not None else ()
        for one in (*self.plan.sockets, *candidates):
            one.sock.close()
        for each in (self._wakeup, self._woken, self.figures):
            if each is not None:
                each.close()
        if self._rehearsal is not None:
            self._rehearsal.output.close()
        if self._exposition is not None:
            self._exposition.close()
        self._selector.close()

    # -- figures

    def _texts(self, *, asking: bool) -> bytes | None:
        """Ask the workers for their figures; return the text as soon as all have answered."""
        alive = [
            child
            for child in self.children.values()
            if child.state is not State.STARTING and child.is_watched(self._selector)
        ]
        if asking:
            for child in alive:
                child.reported = False
                child.say({"kind": "report"})
            self._after(PATIENCE, self._stop_waiting)
            return None
        return self.text() if all(child.reported for child in alive) else None

    def _stop_waiting(self) -> None:
        """Answer with what is known if a worker is too busy to tell."""
        if self._exposition is not None:
            self._exposition.look(self.text())

    def text(self) -> bytes:
        """Return the figures as they were told last."""
        for state in State:
            metrics.WORKERS.cell(state.name.lower())[0] = sum(
                child.state is state for child in self.children.values()
            )
        numbered = {str(child.pid): child.figures for child in self.children.values()}
        return metrics.render({"parent": metrics.snapshot(), "": self._departed, **numbered})


def _become_worker(parent: Supervisor, plan: Plan, ours: socket.socket, theirs: socket.socket) -> None:
    """Be the child of a fork, and never return."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        # Ctrl-C reaches all processes of the terminal, and `systemctl kill` those of the unit; the parent
        # tells us what to do.
        for number in (signal.SIGINT, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
            os.environ.pop(name, None)
        parent.close_for_child(ours)
        metrics.reset()
        status = plan.run(theirs)
    except BaseException:  # noqa: BLE001 - nothing may get out of here: it would go on as a second parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
