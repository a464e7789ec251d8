"""The named properties that each new mailbox knows from the start, so that their ids are the same everywhere.

Spec: reference/system/store.md section 8 (``name_string`` of named_properties, ids from 0x8001 up).
"""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gromox.base.paths import data_file
from gromox.share import DataFileError, read_lines

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "propnames.txt"
FIRST_ID: Final = 0x8001  #: id of the first name; the others follow in the order of the file
LIMIT: Final = 0x7000  #: names a mailbox may have at most


@lru_cache(maxsize=2)
def _read(path: Path) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for number, line in read_lines(path):
        if (name := _normalised(line)) is None:
            raise DataFileError(
                f"{path}:{number}: expected GUID=<guid>,LID=<number> or GUID=<guid>,NAME=<text>"
            )
        if name in names:
            raise DataFileError(f"{path}:{number}: {name} stands there twice")
        names[name] = None
    if len(names) > LIMIT:
        raise DataFileError(f"{path}: has more than {LIMIT} names")
    return tuple(names)


def property_names(directory: Path | None = None) -> tuple[str, ...]:
    """Return the names in the order of their ids, each as the store keeps it.

    Raises:
        DataFileError: the file is damaged.
    """
    return _read(_file(directory))


def _normalised(line: str) -> str | None:
    """Return the line with a lower-case GUID and a decimal LID, or None if it is no property name."""
    guid, _, name = line.partition(",")
    kind, _, value = name.partition("=")
    try:
        parsed = uuid.UUID(guid.removeprefix("GUID=")) if guid.startswith("GUID=") else None
        lid = int(value, 0) if kind == "LID" else None
    except ValueError:
        return None
    if parsed is None or not value or kind not in {"LID", "NAME"}:
        return None
    return f"GUID={parsed},LID={lid}" if lid is not None else f"GUID={parsed},NAME={value}"


def _file(directory: Path | None) -> Path:
    return data_file(FILE, *((directory,) if directory is not None else ()))
