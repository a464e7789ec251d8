"""Takes the facts over from the reference tables: only the columns the generators read, no prose."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from generators.tables import DATA

#: Our file: (theirs, columns).
TABLES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "prop_types.tsv": ("prop_types.tsv", ("code", "name")),
    "properties.tsv": ("properties_merged.tsv", ("canonical", "prop_id", "types", "other_names")),
    "proptags.tsv": ("proptags_mfcmapi.tsv", ("proptag", "canonical", "other_names")),
    "named.tsv": ("oxprops_named.tsv", ("canonical", "set", "set_guid", "lid", "name", "type")),
    "named_lid.tsv": ("named_props_lid_mfcmapi.tsv", ("set_guid", "lid", "canonical", "other_names", "type")),
    "errors.tsv": ("mapi_errors_oxcdata.tsv", ("code", "name", "class")),
    "errors_symbolic.tsv": ("mapi_errors_symbolic.tsv", ("code", "symbol")),
    "guids.tsv": ("guids.tsv", ("name", "guid")),
    "windows_zones.tsv": ("windows_zones.tsv", ("windows", "territory", "olson")),
    "tnef_attributes.tsv": ("tnef_attributes.tsv", ("id", "name", "att_type")),
    "ics_markers.tsv": ("ics_markers.tsv", ("value", "name")),
    "ics_meta_properties.tsv": ("ics_meta_properties.tsv", ("value", "name")),
    "default_folders.tsv": ("default_folders.tsv", ("table", "index_or_id", "folder", "name")),
}

_COM_CODES: Final = {
    "E_FAIL": "0x80004005",
    "E_OUTOFMEMORY": "0x8007000E",
    "E_INVALIDARG": "0x80070057",
    "E_NOINTERFACE": "0x80004002",
    "E_ACCESSDENIED": "0x80070005",
}


def refresh(folder: Path) -> None:
    """Copy the columns we use of every table in ``folder``."""
    for ours, (theirs, columns) in TABLES.items():
        with (folder / theirs).open(encoding="utf-8", newline="") as stream:
            lines = (line for line in stream if not line.startswith("#"))
            table = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        for row in table:
            _repair(row)
        # Two rows hold a sentence in place of a name; the names have rows of their own.
        table = [row for row in table if " " not in (row.get("canonical") or "")]
        text = ["\t".join(columns), *("\t".join(row[column] or "" for column in columns) for row in table)]
        (DATA / ours).write_text("\n".join(text) + "\n", encoding="utf-8")


def _repair(row: dict[str, str]) -> None:
    """Split the few cells that hold a set's name and GUID in one; put numbers for the symbols of COM."""
    row["code"] = _COM_CODES.get(row.get("code", ""), row.get("code", ""))
    name, brace, guid = row.get("set", "").partition("{")
    if brace:
        row["set"], row["set_guid"] = name, guid.rstrip("}").lower()
