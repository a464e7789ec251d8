"""Property types, [MS-OXCDATA] 2.11.1."""

from __future__ import annotations

from generators.tables import header, rows, upper_snake


def generate() -> dict[str, str]:
    """Return the generated modules by file name."""
    out = header("proptypes", "prop_types.tsv", "Types of property values, [MS-OXCDATA] 2.11.1.")
    out += "from enum import IntEnum\nfrom typing import Final\n\n"
    out += "#: Bit of the multi-value forms.\nMULTI_VALUE: Final = 0x1000\n\n\n"
    out += 'class PropType(IntEnum):\n    """The low 16 bits of a property tag."""\n\n'
    out += "    UNSPECIFIED = 0x0000\n"
    for row in rows("prop_types.tsv"):
        out += f"    {upper_snake(row['name'].removeprefix('Ptyp'))} = {row['code']}\n"
    return {"proptypes.py": out}
