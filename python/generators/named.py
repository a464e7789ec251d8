"""Named properties, [MS-OXPROPS] 2."""

from __future__ import annotations

from generators.tables import header, rows


def _sets() -> dict[str, str]:
    return {row["guid"]: row["name"] for row in rows("guids.tsv") if row["name"].startswith("PS")}


def generate() -> dict[str, str]:
    """Return the generated modules by file name."""
    sets = _sets()
    found: dict[str, tuple[str, str, str]] = {}
    for row in rows("named_lid.tsv"):
        for canonical in filter(None, row["canonical"].split(";")):
            found[canonical] = (row["set_guid"], f"0x{int(row['lid'], 16):04X}", row["type"])
    for row in rows("named.tsv"):
        which = f"0x{int(row['lid'], 16):04X}" if row["lid"] else f'"{row["name"]}"'
        found[row["canonical"]] = (row["set_guid"], which, row["type"])
    used = sorted({sets[guid] for guid, _, _ in found.values()})
    out = header(
        "named",
        "named.tsv and named_lid.tsv",
        "Named properties under their canonical names, [MS-OXPROPS] 2.",
    )
    out += "from typing import Final\n\nfrom gromox.mapi.guids import (\n"
    out += "".join(f"    {name},\n" for name in used)
    out += ")\nfrom gromox.mapi.propname import NamedProperty\n\n"
    for canonical, (guid, which, kind) in sorted(found.items()):
        out += f"{canonical}: Final = NamedProperty({sets[guid]}, {which}, {kind})\n"
    return {"named.py": out}
