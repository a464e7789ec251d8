"""Figures of a process, as Prometheus reads them.

A family is declared once and registers itself. Counting is adding to a cell, a fraction of a microsecond.
Labels come from small fixed sets (protocols, names of commands, reasons), never from what a stranger sends; a
family takes :data:`MOST_SERIES` of them and counts the rest under ``other``.

Spec:
    Prometheus, "Exposition formats", text format 0.0.4.
"""

from __future__ import annotations

import os
import resource
import time
from bisect import bisect_left
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Series of one family.
MOST_SERIES: Final = 300
_OTHER: Final = "other"
#: Upper bounds of the classes of durations, in seconds.
DURATIONS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)

#: The value of each series by its labels; of a histogram: one count a class, the sum, the count.
Series: TypeAlias = "list[tuple[list[str], list[float]]]"
Snapshot: TypeAlias = "dict[str, Series]"


class Family:
    """Series of one name. ``each`` says that processes are shown one by one, not as a sum."""

    def __init__(
        self, name: str, text: str, labels: Sequence[str] = (), *, kind: str, each: bool = False
    ) -> None:
        """Register under ``name``, which is not taken yet."""
        if name in _FAMILIES:
            raise TypeError(f"two families of metrics are called {name}")
        self.name, self.text, self.labels, self.kind, self.each = name, text, tuple(labels), kind, each
        self._cells: dict[tuple[str, ...], list[float]] = {}
        _FAMILIES[name] = self

    def cell(self, *labels: str) -> list[float]:
        """Return the value of a series, to be changed in place."""
        found = self._cells.get(labels)
        if found is None:
            if len(self._cells) >= MOST_SERIES:
                labels = (_OTHER,) * len(self.labels)
            found = self._cells.setdefault(labels, self.fresh())
        return found

    def series(self) -> Series:
        """Return all values."""
        return [(list(labels), list(cell)) for labels, cell in list(self._cells.items())]

    def fresh(self) -> list[float]:
        """Return the value of a series that begins."""
        return [0.0]


class Counter(Family):
    """Something that only grows."""

    def __init__(self, name: str, text: str, labels: Sequence[str] = (), *, each: bool = False) -> None:
        """Register."""
        super().__init__(name, text, labels, kind="counter", each=each)

    def add(self, *labels: str, amount: float = 1) -> None:
        """Count."""
        self.cell(*labels)[0] += amount


class Gauge(Family):
    """Something that goes up and down; ``read`` tells the value of the only series when asked."""

    def __init__(
        self,
        name: str,
        text: str,
        labels: Sequence[str] = (),
        *,
        each: bool = False,
        read: Callable[[], float] | None = None,
    ) -> None:
        """Register."""
        super().__init__(name, text, labels, kind="gauge", each=each)
        self._read = read

    def series(self) -> Series:
        """Return all values."""
        return super().series() if self._read is None else [([], [self._read()])]


class Histogram(Family):
    """How long something took."""

    def __init__(
        self, name: str, text: str, labels: Sequence[str] = (), *, bounds: Sequence[float] = DURATIONS
    ) -> None:
        """Register."""
        super().__init__(name, text, labels, kind="histogram")
        self.bounds = tuple(bounds)

    def observe(self, value: float, *labels: str) -> None:
        """Count one."""
        cell = self._cells.get(labels) or self.cell(*labels)
        cell[bisect_left(self.bounds, value)] += 1
        cell[-2] += value
        cell[-1] += 1

    def fresh(self) -> list[float]:
        """Return the value of a series that begins."""
        return [0.0] * (len(self.bounds) + 3)


_FAMILIES: Final[dict[str, Family]] = {}
_LOOKS: Final[list[Callable[[], None]]] = []


def before_reading(look: Callable[[], None]) -> None:
    """Call ``look`` when somebody reads the figures: it sets what is costly to know all the time."""
    _LOOKS.append(look)


def snapshot() -> Snapshot:
    """Return the figures of this process."""
    for look in _LOOKS:
        look()
    return {name: series for name, family in _FAMILIES.items() if (series := family.series())}


def reset() -> None:
    """Begin at zero: a process that was forked counts for itself."""
    for family in _FAMILIES.values():
        for cell in family._cells.values():  # noqa: SLF001 - same module
            cell[:] = [0.0] * len(cell)


def render(snapshots: Mapping[str, Snapshot]) -> bytes:
    """Return the figures of all processes, by the name of each, as text."""
    lines: list[str] = []
    for name, family in _FAMILIES.items():
        found = _each(name, snapshots) if family.each else _sum(name, snapshots)
        if not found:
            continue
        lines += (f"# HELP {name} {family.text}", f"# TYPE {name} {family.kind}")
        names = ("worker", *family.labels) if family.each else family.labels
        for labels, cell in sorted(found.items()):
            lines += _shown(family, list(zip(names, labels, strict=True)), cell)
    return ("\n".join(lines) + "\n").encode()


def _each(name: str, snapshots: Mapping[str, Snapshot]) -> dict[tuple[str, ...], list[float]]:
    return {
        (process, *labels): cell
        for process, snapshot in snapshots.items()
        for labels, cell in _of_this_form(name, snapshot)
    }


def _of_this_form(name: str, snapshot: Snapshot) -> Series:
    """Return a family's values, without those of a process of another release that count otherwise."""
    family = _FAMILIES[name]
    labels, size = len(family.labels), len(family.fresh())
    return [series for series in snapshot.get(name, ()) if (len(series[0]), len(series[1])) == (labels, size)]


def _sum(name: str, snapshots: Mapping[str, Snapshot]) -> dict[tuple[str, ...], list[float]]:
    found: dict[tuple[str, ...], list[float]] = {}
    for snapshot in snapshots.values():
        for labels, cell in _of_this_form(name, snapshot):
            former = found.get(tuple(labels))
            found[tuple(labels)] = (
                cell if former is None else [a + b for a, b in zip(former, cell, strict=True)]
            )
    return found


def summed(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Return what grows only, added up: the figures of processes that have ended."""
    numbered = {str(number): each for number, each in enumerate(snapshots)}
    return {
        name: [(list(labels), cell) for labels, cell in _sum(name, numbered).items()]
        for name, family in _FAMILIES.items()
        if family.kind != "gauge" and not family.each
    }


def _shown(family: Family, labels: list[tuple[str, str]], cell: list[float]) -> list[str]:
    if not isinstance(family, Histogram):
        return [f"{family.name}{_labels(labels)} {cell[0]:.12g}"]
    lines, total = [], 0.0
    for bound, count in zip((*family.bounds, None), cell, strict=False):
        total += count
        edge = "+Inf" if bound is None else f"{bound:g}"
        lines.append(f"{family.name}_bucket{_labels([*labels, ('le', edge)])} {total:.12g}")
    lines.append(f"{family.name}_sum{_labels(labels)} {cell[-2]:.12g}")
    lines.append(f"{family.name}_count{_labels(labels)} {cell[-1]:.12g}")
    return lines


def _labels(labels: Sequence[tuple[str, str]]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


# -- what every process has


def _resident() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - of the kernel, read often
        return float(file.read().split()[1]) * resource.getpagesize()


Gauge("process_resident_memory_bytes", "Memory that is in use.", each=True, read=_resident)
Gauge("process_open_fds", "Open files.", each=True, read=lambda: len(os.listdir("/proc/self/fd")))  # noqa: PTH208
Gauge("process_cpu_seconds", "Processor time since the start.", each=True, read=time.process_time)

CONNECTIONS: Final = Counter("gromox_connections_total", "Connections that were taken.", ("protocol",))
REFUSED: Final = Counter("gromox_connections_refused_total", "Connections that were refused.", ("protocol",))
SESSIONS: Final = Gauge("gromox_sessions", "Connections that are open.", ("protocol",))
OCTETS: Final = Counter("gromox_octets_total", "Octets received and sent.", ("protocol", "direction"))
FAILURES: Final = Counter(
    "gromox_failures_total", "Errors of our own that ended a connection; the log has them.", ("protocol",)
)
LOGINS: Final = Counter(
    "gromox_logins_total", "Logins by result: ok, or why they were refused.", ("protocol", "result")
)
COMMANDS: Final = Histogram(
    "gromox_command_seconds", "Time that commands took.", ("protocol", "command", "status")
)
LAG: Final = Gauge("gromox_loop_lag_seconds", "By how much the last timer was late.", each=True)
LONGEST_LAG: Final = Gauge("gromox_loop_lag_max_seconds", "The most a timer was ever late.", each=True)
WORKERS: Final = Gauge("gromox_workers", "Worker processes by state.", ("state",))
#: Durations of what may wait for other systems: up to a day.
LONG_DURATIONS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0, 3600.0, 86400.0)
DELIVERIES: Final = Counter(
    "gromox_deliveries_total", "Destinations of mails that were tried: done, later, never.", ("result",)
)
DELIVERY_TIME: Final = Histogram(
    "gromox_delivery_seconds",
    "Time from the reception of a mail until nothing of it waits.",
    bounds=LONG_DURATIONS,
)
QUEUE: Final = Gauge("gromox_queue_mails", "Mails in the queues.", ("queue",))
QUEUE_AGE: Final = Gauge("gromox_queue_oldest_seconds", "Age of the oldest mail of each queue.", ("queue",))
EVENTS: Final = Counter(
    "gromox_events_total", "Events that were published, queued for a listener, and dropped.", ("fate",)
)
LISTENERS: Final = Gauge("gromox_event_names", "Processes that listen to events.")
EVENTS_WAITING: Final = Gauge("gromox_events_waiting", "Events that wait for their listeners.")
CALLS: Final = Histogram(
    "gromox_rpc_seconds",
    "Time that calls of the store took on the thread of their mailbox.",
    ("operation", "result"),
)
CALLS_WAITING: Final = Gauge("gromox_rpc_queue", "Calls that wait for the threads.")
RPC_SESSIONS: Final = Gauge("gromox_rpc_sessions", "Sessions on mailboxes that are open.")
NOTIFICATIONS: Final = Counter("gromox_rpc_notifications_total", "Calls that waited and heard of something.")
MAILBOXES: Final = Gauge("gromox_mailboxes_open", "Mailboxes that are open.")
JOBS: Final = Counter("gromox_jobs_total", "Jobs of the timer by result: done, again, given_up.", ("result",))
JOBS_WAITING: Final = Gauge("gromox_jobs_waiting", "Jobs of the timer.")
JOBS_LATE: Final = Gauge("gromox_jobs_late_seconds", "How long the next job of the timer is due already.")
KEPT: Final = Histogram(
    "gromox_midb_turn_seconds",
    "Time that turns on mailboxes took, by result: done, more, busy, failed.",
    ("result",),
)
KEEPING: Final = Gauge("gromox_midb_waiting", "Mailboxes whose index is not current.")
RESTARTS: Final = Counter("gromox_worker_restarts_total", "Workers that ended although nobody stopped them.")
