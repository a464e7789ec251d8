"""Well-known places of the installed system, and the data files that come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Final

CONFIG: Final = Path("/etc/gromox")
RUN: Final = Path("/run/gromox")
STATE: Final = Path("/var/lib/gromox")
LOGS: Final = Path("/var/log/gromox")
SHARE: Final = Path("/usr/share/gromox")
LIBEXEC: Final = Path("/usr/libexec/gromox")
TEMPORARY: Final = Path("/var/tmp/gromox")  # noqa: S108 - the documented place, made by the package with its own mode

USER_STORES: Final = STATE / "user"
DOMAIN_STORES: Final = STATE / "domain"
QUEUE: Final = STATE / "queue"
EVENT_SOCKET: Final = RUN / "event.sock"

#: Data files inside the Python package, used where ``/usr/share/gromox`` has none.
PACKAGE_DATA: Final = Path(__file__).resolve().parent.parent / "share"


def data_file(name: str, *search: Path) -> Path:
    """Return a data file from the first of the folders that has it, else from the package.

    Raises:
        FileNotFoundError: nobody has it.
    """
    for folder in (*search, SHARE, PACKAGE_DATA):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(name)
