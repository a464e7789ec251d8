"""Attributes of TNEF and the types of their data."""

from __future__ import annotations

from generators.tables import header, rows, upper_snake

#: The high half of an attribute's number, [MS-OXTNEF] 2.1.3.2.
_TYPES = ("Triples", "String", "Text", "Date", "Short", "Long", "Byte", "Word", "DWord")


def generate() -> dict[str, str]:
    """Return the generated modules by file name."""
    title = "Attributes of TNEF and the types of their data, [MS-OXTNEF] 2.1.3.2."
    out = header("tnef", "tnef_attributes.tsv", title)
    out += "from enum import IntEnum\n\n\n"
    out += 'class AttributeType(IntEnum):\n    """The high half of an attribute\'s number."""\n\n'
    for number, name in enumerate(_TYPES):
        out += f"    {name.upper()} = 0x{number:04X}\n"
    out += (
        '\n\nclass Attribute(IntEnum):\n    """The number of an attribute, its type in the high half."""\n\n'
    )
    table = rows("tnef_attributes.tsv")
    for row in table:
        out += f"    {upper_snake(row['name'])} = {row['id']}\n"
    for row in table:
        if int(row["id"], 16) and _TYPES[int(row["id"], 16) >> 16] != row["att_type"]:
            raise ValueError(f"{row['name']} is {row['att_type']} and has another number")
    return {"attribute.py": out}
