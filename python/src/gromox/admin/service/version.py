"""Which versions of what are installed."""

from __future__ import annotations

from importlib import metadata
from typing import Final

#: Of the REST interface; reference/system/admin-api.md.
API_VERSION: Final = "1.20.0"


def backend_version() -> str:
    """Return the version of the installed software; from a source tree ``0 (source tree)``."""
    try:
        return metadata.version("gromox")
    except metadata.PackageNotFoundError:
        return "0 (source tree)"
