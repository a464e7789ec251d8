"""Query results in the formats of the command line: for people, spreadsheets and programs.

Spec: reference/system/cli.md, "Table formats".
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gromox.admin.cli.console import Console

Cell: TypeAlias = "str | int | bool | list[str] | dict[str, str] | None"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells below the names of their attributes; ``empty`` is what people read when there is none."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "(No data)"

    def objects(self) -> list[dict[str, Cell]]:
        """Return each row as attribute to value."""
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]


def text_of(cell: Cell) -> str:
    """Return a cell as people and spreadsheets see it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, list):
        return ", ".join(cell)
    if isinstance(cell, dict):
        return ", ".join(f"{key}={value}" for key, value in cell.items())
    return str(cell)


def show(console: Console, table: Table, *, form: str = "pretty", separator: str | None = None) -> None:
    """Write the table in one of :data:`FORMATS`."""
    if form == "pretty":
        for line in _pretty(table, separator if separator is not None else "  ", console.heading):
            console.say(line)
    elif form == "csv":
        console.out.write(_csv(table, separator or ","))
    else:
        console.say(json.dumps(_JSON[form](table), ensure_ascii=False))


def _pretty(table: Table, separator: str, heading: Callable[[str], str]) -> list[str]:
    if not table.rows:
        return [table.empty]
    body = [[_printable(text_of(cell)) for cell in row] for row in table.rows]
    widths = [max(map(_width, column)) for column in zip(table.header, *body, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
        return separator.join(padded).rstrip()

    return [heading(line(table.header)), *map(line, body)]


def _csv(table: Table, separator: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator[:1], lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows([text_of(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def _width(text: str) -> int:
    """Return the columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)


def _printable(text: str) -> str:
    """Return the text without what could move the cursor of a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _keyed(table: Table) -> dict[str, dict[str, Cell]]:
    return {text_of(row[0]): cells for row, cells in zip(table.rows, table.objects(), strict=True)}


_JSON: Final[Mapping[str, Callable[[Table], object]]] = {
    "json-flat": lambda table: [list(row) for row in table.rows],
    "json-kv": lambda table: table.objects(),
    "json-object": _keyed,
    "json-structured": lambda table: {
        "header": list(table.header),
        "data": [list(row) for row in table.rows],
    },
}

FORMATS: Final = ("csv", *_JSON, "pretty")
FORMAT_HELP: Final = (
    "csv: a line of names, then a line a row; json-flat: array of rows; json-kv: array of objects; "
    "json-object: one object, by the first attribute; json-structured: object of header and data; "
    "pretty: aligned columns (default)"
)
