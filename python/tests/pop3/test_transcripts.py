"""Dialogues of ``tests/transcripts/pop3``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import transcript

if TYPE_CHECKING:
    from tests.support.drive import Connect

FILES = sorted((Path(__file__).parent.parent / "transcripts" / "pop3").glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_dialogue(file: Path, connect: Connect) -> None:
    transcript.play(file, lambda: connect(**transcript.options(file)))
