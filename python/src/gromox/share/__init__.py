"""Data files of the product and their readers: names of built-in folders, well-known named properties.

The files lie in this package; an operator's own copies (``-T`` of the create tools) are taken instead where
they exist. Knows only :mod:`gromox.base`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.base.errors import GromoxError

if TYPE_CHECKING:
    from pathlib import Path


class DataFileError(GromoxError):
    """A data file cannot be read; the text names the file, the line and what is wrong."""


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
