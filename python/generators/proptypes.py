"""Property types, [MS-OXCDATA] 2.11.1."""

from __future__ import annotations

from generators.tables import header, rows, upper_snake


def generate() -> dict[str, str]:
    """Return the generated modules by file name."""
    sources = "prop_types.tsv and prop_widths.tsv"
    out = header("proptypes", sources, "Types of property values, [MS-OXCDATA] 2.11.1.")
    out += "from enum import IntEnum\nfrom typing import TYPE_CHECKING, Final\n\n"
    out += "if TYPE_CHECKING:\n    from collections.abc import Mapping\n\n"
    out += "#: Bit of the multi-value forms.\nMULTI_VALUE: Final = 0x1000\n\n\n"
    out += 'class PropType(IntEnum):\n    """The low 16 bits of a property tag."""\n\n'
    out += "    UNSPECIFIED = 0x0000\n"
    for row in rows("prop_types.tsv"):
        out += f"    {_name(row)} = {row['code']}\n"
    out += "\n\n#: Octets of a value, of the types whose values all have as many.\n"
    out += "WIDTHS: Final[Mapping[int, int]] = {\n"
    for row in rows("prop_widths.tsv"):
        out += f"    PropType.{_name(row)}: {row['octets']},\n"
    out += "}\n"
    return {"proptypes.py": out}


def _name(row: dict[str, str]) -> str:
    return upper_snake(row["name"].removeprefix("Ptyp"))
