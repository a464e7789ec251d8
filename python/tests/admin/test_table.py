"""The formats of query results."""

from __future__ import annotations

import csv
import io
import json

import pytest

from gromox.admin.cli.console import Console
from gromox.admin.cli.table import FORMATS, Table, show

TABLE = Table(
    ("ID", "username", "aliases", "smtp"), [[1, "ä@x", ["a@x", "b@x"], True], [20, "名@x", [], False]]
)


def shown(table: Table, form: str, separator: str | None = None) -> str:
    out = io.StringIO()
    show(Console(lambda: pytest.fail("no site is needed"), out=out), table, form=form, separator=separator)
    return out.getvalue()


def test_people_see_aligned_columns() -> None:
    assert shown(TABLE, "pretty").splitlines() == [
        "ID  username  aliases   smtp",
        "1   ä@x       a@x, b@x  yes",
        "20  名@x                no",
    ]


def test_the_separator_can_be_chosen() -> None:
    assert shown(TABLE, "pretty", " | ").splitlines()[1] == "1  | ä@x      | a@x, b@x | yes"
    assert shown(TABLE, "csv", ";").splitlines()[0] == "ID;username;aliases;smtp"


def test_csv_reads_back() -> None:
    rows = list(csv.reader(io.StringIO(shown(TABLE, "csv"))))

    assert rows == [
        ["ID", "username", "aliases", "smtp"],
        ["1", "ä@x", "a@x, b@x", "yes"],
        ["20", "名@x", "", "no"],
    ]


def test_the_json_forms() -> None:
    first = {"ID": 1, "username": "ä@x", "aliases": ["a@x", "b@x"], "smtp": True}

    assert json.loads(shown(TABLE, "json-flat"))[0] == [1, "ä@x", ["a@x", "b@x"], True]
    assert json.loads(shown(TABLE, "json-kv"))[0] == first
    assert json.loads(shown(TABLE, "json-object"))["1"] == first
    assert json.loads(shown(TABLE, "json-structured")) == {
        "header": list(TABLE.header),
        "data": [list(row) for row in TABLE.rows],
    }


def test_nothing_is_said_for_people_and_is_empty_for_programs() -> None:
    empty = Table(("ID",), [])

    assert shown(empty, "pretty") == "(No data)\n"
    assert shown(empty, "csv") == "ID\n"
    assert json.loads(shown(empty, "json-flat")) == []


@pytest.mark.parametrize("form", FORMATS)
def test_control_characters_do_not_reach_a_terminal(form: str) -> None:
    assert "\x1b" not in shown(Table(("title",), [["\x1b[2J"]]), form) or form == "csv"
