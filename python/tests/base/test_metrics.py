from __future__ import annotations

import re

import pytest

from gromox.base import metrics


def test_the_text_of_all_processes() -> None:
    # Prometheus, "Text format example": help, type, and for a histogram growing buckets, sum and count.
    metrics.COMMANDS.observe(0.002, "test", "ONE", "OK")
    metrics.COMMANDS.observe(400.0, "test", "ONE", "OK")
    snapshot = metrics.snapshot()
    text = metrics.render({"7": snapshot, "8": snapshot}).decode()

    assert "# TYPE gromox_command_seconds histogram\n" in text
    labels = 'protocol="test",command="ONE",status="OK"'
    assert f'gromox_command_seconds_bucket{{{labels},le="0.001"}} 0\n' in text
    assert f'gromox_command_seconds_bucket{{{labels},le="0.0025"}} 2\n' in text
    assert f'gromox_command_seconds_bucket{{{labels},le="30"}} 2\n' in text
    assert f'gromox_command_seconds_bucket{{{labels},le="+Inf"}} 4\n' in text
    assert f"gromox_command_seconds_sum{{{labels}}} 800.004\n" in text
    assert f"gromox_command_seconds_count{{{labels}}} 4\n" in text
    assert len(re.findall(r'^process_resident_memory_bytes{worker="[78]"} [1-9]', text, re.MULTILINE)) == 2


def test_the_number_of_series_is_bounded() -> None:
    family = metrics.Counter("test_bounded_total", "Many.", ("name",))
    for number in range(metrics.MOST_SERIES + 50):
        family.add(str(number))
    series = {labels[0]: cell[0] for labels, cell in family.series()}
    assert len(series) == metrics.MOST_SERIES + 1
    assert series["other"] == 50


def test_labels_are_escaped() -> None:
    metrics.Counter("test_escaped_total", "One.", ("name",)).add('a"b\\c\nd')
    assert 'test_escaped_total{name="a\\"b\\\\c\\nd"} 1' in metrics.render({"1": metrics.snapshot()}).decode()


def test_two_families_of_one_name_are_an_error() -> None:
    with pytest.raises(TypeError):
        metrics.Counter("gromox_logins_total", "Again.")


def test_only_what_grows_is_kept_of_a_process_that_ended() -> None:
    metrics.LOGINS.add("test", "ok")
    metrics.SESSIONS.cell("test")[0] = 5
    kept = metrics.summed([metrics.snapshot(), metrics.snapshot()])
    assert (["test", "ok"], [2.0]) in kept["gromox_logins_total"]
    assert "gromox_sessions" not in kept
    assert "process_resident_memory_bytes" not in kept
