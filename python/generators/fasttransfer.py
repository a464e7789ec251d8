"""Markers and meta-properties of FastTransfer streams, [MS-OXCFXICS] 2.2.4.1."""

from __future__ import annotations

from generators.tables import header, rows, upper_snake


def generate() -> dict[str, str]:
    """Return the generated modules by file name."""
    sources = "ics_markers.tsv and ics_meta_properties.tsv"
    title = "Markers and meta-properties of FastTransfer streams, [MS-OXCFXICS] 2.2.4.1.4 and 2.2.4.1.5."
    out = header("fasttransfer", sources, title)
    out += "from enum import IntEnum\nfrom typing import Final\n\n\n"
    out += 'class Marker(IntEnum):\n    """Begins or ends an element; has no value."""\n\n'
    for row in rows("ics_markers.tsv"):
        out += f"    {upper_snake(row['name'])} = 0x{int(row['value'], 16):08X}\n"
    out += "\n\n"
    for row in rows("ics_meta_properties.tsv"):
        out += f"{row['name']}: Final = 0x{int(row['value'], 16):08X}\n"
    return {"markers.py": out}
