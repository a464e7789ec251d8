"""Data files of the product and their readers: names of built-in folders, well-known named properties.

The files lie in this package; an operator's own copies (``-T`` of the create tools) are taken instead where
they exist. Knows only :mod:`gromox.base`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gromox.base.errors import GromoxError

DATA_DIRECTORY: Final = Path(__file__).parent


class DataFileError(GromoxError):
    """A data file cannot be read; the text names the file, the line and what is wrong."""


def data_file(name: str, directory: Path | None = None) -> Path:
    """Return where the data file ``name`` is: in ``directory`` if it has one, else in this package."""
    if directory is not None and (directory / name).is_file():
        return directory / name
    return DATA_DIRECTORY / name


def read_lines(path: Path) -> list[tuple[int, str]]:
    """Return the lines of ``path`` with their numbers, without blank lines and ``#`` comments.

    Raises:
        DataFileError: the file cannot be read or is not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError(f"{path}: cannot be read: {error}") from error
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]
