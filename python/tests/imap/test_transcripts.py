"""Dialogues of ``tests/transcripts/imap``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gromox.base.log import captured

from tests.imap import transcript

if TYPE_CHECKING:
    from tests.imap.driver import Server

FILES = sorted((Path(__file__).parent.parent / "transcripts" / "imap").glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_dialogue(file: Path, server: Server) -> None:
    with captured() as lines:
        transcript.Player(transcript.read(file), server, file.name).play()

    assert not [line for line in lines if "traceback" in line]


def test_there_are_many() -> None:
    assert len(FILES) >= 40
