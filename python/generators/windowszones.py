"""Names of time zones: those of Windows and those of the IANA database."""

from __future__ import annotations

from generators.tables import header, rows, text_table


def generate() -> dict[str, str]:
    """Return the generated modules by file name."""
    out = header(
        "windowszones",
        "windows_zones.tsv",
        "Windows names of time zones and the IANA zones that belong to them, by territory.",
    )
    out += "from typing import Final\n\n"
    out += (
        "#: A line: the Windows name, then territories and their zones; 001 has the zone taken without one.\n"
    )
    lines: dict[str, list[str]] = {}
    for row in sorted(rows("windows_zones.tsv"), key=lambda row: (row["windows"], row["territory"])):
        lines.setdefault(row["windows"], []).append(f"{row['territory']} {row['olson'].strip()}")
    out += text_table("ZONES", ["\t".join([name, *territories]) for name, territories in lines.items()])
    return {"windowszones.py": out}
