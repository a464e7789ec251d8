"""Error codes, [MS-OXCDATA] 2.4."""

from __future__ import annotations

from generators.tables import header, rows, text_table, upper_snake

_CLASSES = {
    "ErrorCodes": ("ErrorCode", "Errors that operations answer with, [MS-OXCDATA] 2.4."),
    "PropertyErrorCodes": ("PropertyErrorCode", "Errors of single properties, [MS-OXCDATA] 2.4.2."),
    "WarningCodes": ("WarningCode", "Success with a remark, [MS-OXCDATA] 2.4.3."),
}


def generate() -> dict[str, str]:
    """Return the generated modules by file name."""
    table = rows("errors.tsv")
    out = header("errorcodes", "errors.tsv", "Error and warning codes of operations, [MS-OXCDATA] 2.4.")
    out += "from enum import IntEnum\n"
    for kind, (name, docstring) in _CLASSES.items():
        out += f'\n\nclass {name}(IntEnum):\n    """{docstring}"""\n\n'
        for row in table:
            if row["class"] == kind and not row["name"].startswith("Isam"):
                out += f"    {upper_snake(row['name'])} = 0x{int(row['code'], 16):08X}\n"
    names: dict[int, dict[str, None]] = {}
    for row in table:
        names.setdefault(int(row["code"], 16), {})[row["name"]] = None
    for row in rows("errors_symbolic.tsv"):
        names.setdefault(int(row["code"], 16), {})[row["symbol"]] = None
    names_text = header(
        "errorcodes", "errors.tsv and errors_symbolic.tsv", "All known codes with their names: code, names."
    )
    lines = [f"{code:08X} {' '.join(words)}" for code, words in sorted(names.items())]
    names_text += "from typing import Final\n\n" + text_table("TABLE", lines)
    return {"errorcodes.py": out, "errortable.py": names_text}
