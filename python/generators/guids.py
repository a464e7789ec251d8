"""Well-known GUIDs."""

from __future__ import annotations

from generators.tables import header, rows


def generate() -> dict[str, str]:
    """Return the generated modules by file name."""
    out = header("guids", "guids.tsv", "Well-known GUIDs: property sets, interfaces, providers.")
    out += "from typing import Final\nfrom uuid import UUID\n\n"
    for row in rows("guids.tsv"):
        name = row["name"]
        name = name[0].upper() + name[1:]
        out += f'{name}: Final = UUID("{row["guid"]}")\n'
    return {"guids.py": out}
