"""Pipes for the programs that read and write streams."""

from __future__ import annotations

import pytest

from tests.tools.conftest import home  # noqa: F401 - the installation
from tests.tools.mt.pipes import Pipes


@pytest.fixture
def pipes(monkeypatch: pytest.MonkeyPatch) -> Pipes:
    """Standard input and output that hold octets."""
    return Pipes(monkeypatch)
