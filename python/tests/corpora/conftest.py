"""Corpora of other projects, below the folder that GROMOX_CORPORA names: mail, vcard, tnef, msg, pst.

They are brought to the machine for a run and never committed. What disagrees with an independent parser is
explained in ``<kind>.tsv``: the first twelve digits of the SHA-1 of the file, what differs, and why.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

VARIABLE = "GROMOX_CORPORA"
HERE = Path(__file__).parent


def files_of(kind: str) -> list[Path]:
    """Return the files of a kind; skip the test, and say why, if there are none."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"{VARIABLE} names no folder with corpora")
    path = Path(folder) / kind
    found = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else []
    if not found:
        pytest.skip(f"there are no files in {path}")
    return found


def digest(octets: bytes) -> str:
    """Return what a file is called in the lists."""
    return hashlib.sha1(octets, usedforsecurity=False).hexdigest()[:12]


@dataclass
class Findings:
    """What a run found: counts, and what is not explained."""

    kind: str
    counts: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the list."""
        path = HERE / f"{self.kind}.tsv"
        for line in path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []:
            name, what, why = line.split("\t")
            self._known[name, what] = why

    def differs(self, name: str, what: str, shown: object) -> None:
        """Count a disagreement; one that the list does not explain fails the run."""
        if (name, what) in self._known:
            self.counts[f"{what}, explained"] += 1
        else:
            self.counts[f"{what}, unexplained"] += 1
            self.unexplained.append(f"{name}\t{what}\t{shown}")

    def summary(self) -> str:
        """Return the counts in one line."""
        return f"{self.kind}: " + ", ".join(f"{what} {count}" for what, count in sorted(self.counts.items()))


@pytest.fixture
def findings(request: pytest.FixtureRequest) -> Iterator[Findings]:
    """What the run of one kind finds; its figures are shown, and what is unexplained fails."""
    found = Findings(request.module.KIND)
    yield found
    request.config.get_terminal_writer().line(found.summary())
    assert not found.unexplained, "\n".join(found.unexplained[:40])
