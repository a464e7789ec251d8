"""The groupware server: see docs/ for the map of the packages."""

from __future__ import annotations

from typing import Final

__version__: Final = "0.1.0"
