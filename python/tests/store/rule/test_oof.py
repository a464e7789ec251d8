"""Settings of automatic replies in their files, and who was answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.store.create import create_private
from gromox.store.rule import oof
from gromox.store.rule.oof import Audience, OofSettings, OofState, ReplyText


def test_nothing_is_set_at_first(tmp_path: Path) -> None:
    assert oof.read(tmp_path) == OofSettings()
    assert not oof.read(tmp_path).is_active(0)


def test_settings_are_read_back(tmp_path: Path) -> None:
    settings = OofSettings(
        OofState.SCHEDULED,
        start=1_700_000_000,
        end=1_800_000_000,
        allow_external=True,
        audience=Audience.KNOWN,
        internal=ReplyText("Im Urlaub, zurück im Mai", "Grüße\nAlice"),
        external=ReplyText("Away", "<p>Back <b>soon</b></p>", is_html=True),
    )
    oof.write(tmp_path, settings)
    assert oof.read(tmp_path) == settings


def test_the_files_are_those_of_the_manual(tmp_path: Path) -> None:
    oof.write(tmp_path, OofSettings(OofState.ON, internal=ReplyText("Away", "See you")))
    assert (tmp_path / "config/autoreply.cfg").read_text().splitlines() == [
        "oof_state = 1",
        "start_time = 0",
        "end_time = 0",
        "allow_external_oof = 0",
        "external_audience = 0",
    ]
    header, _, body = (tmp_path / "config/internal-reply").read_text().partition("\n\n")
    assert "Subject: Away" in header.splitlines()
    assert body == "See you\n"


@pytest.mark.parametrize(
    "text", ["oof_state = 7\n", "oof_state = -1\n", "oof_state = x\n", "rubbish\n", "\udcff\n" * 3]
)
def test_what_cannot_be_read_counts_as_off(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/autoreply.cfg").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert oof.read(tmp_path).state is OofState.OFF


def test_a_schedule_holds_from_its_start_to_just_before_its_end() -> None:
    settings = OofSettings(OofState.SCHEDULED, start=100, end=200)
    assert [settings.is_active(at) for at in (99, 100, 199.5, 200)] == [False, True, True, False]
    assert OofSettings(OofState.ON).is_active(1e12)


def test_people_are_answered_once_in_a_window(tmp_path: Path) -> None:
    clock = ManualClock()
    with create_private(tmp_path / "a", owner="alice@example.test", user_id=7, clock=clock) as box:
        assert not oof.answered_within(box.file, "bob@example.com", 3600)
        with box.file.write(durable=True) as tx:
            oof.note_answered(tx, "Bob@Example.com")
        assert oof.answered_within(box.file, "bob@example.com", 3600)
        clock.advance(3601)
        assert not oof.answered_within(box.file, "bob@example.com", 3600)


def test_a_new_absence_answers_everybody_again(tmp_path: Path) -> None:
    with create_private(tmp_path / "a", owner="alice@example.test", user_id=7) as box:
        with box.file.write(durable=True) as tx:
            tx.next_cn()
            oof.note_answered(tx, "bob@example.com")
            oof.note_answered_by(tx, 5, "bob@example.com")
        assert oof.was_answered_by(box.file, 5, "BOB@example.com")
        box.set_oof_settings(OofSettings(OofState.ON))
        assert not oof.answered_within(box.file, "bob@example.com", 3600)
        assert not oof.was_answered_by(box.file, 5, "bob@example.com")
