from __future__ import annotations

from pathlib import Path

from gromox.base import metrics
from gromox.base.clock import ManualClock
from gromox.delivery import figures
from gromox.delivery.spool import QUEUES


def test_queues_are_counted_and_the_oldest_is_known_by_its_name(tmp_path: Path) -> None:
    clock = ManualClock(2_000_000_000.0)
    for queue in QUEUES:
        (tmp_path / queue).mkdir()
    for age in (5, 30, 10):
        (tmp_path / "mess" / f"{(2_000_000_000 - age) * 1_000_000:014x}-00aa11bb").touch()
    (tmp_path / "mess" / ".hidden").touch()
    (tmp_path / "save" / "named-by-hand").touch()

    figures.look(tmp_path, clock)

    assert [metrics.QUEUE.cell(queue)[0] for queue in ("mess", "cache", "save")] == [3, 0, 1]
    assert [metrics.QUEUE_AGE.cell(queue)[0] for queue in ("mess", "cache", "save")] == [30, 0, 0]


def test_a_queue_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    metrics.QUEUE.cell("mess")[0] = 7
    figures.look(tmp_path, ManualClock())
    assert metrics.QUEUE.cell("mess")[0] == 7
