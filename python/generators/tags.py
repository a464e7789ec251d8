"""Property tags: constants under their canonical names, and the table behind ``tagnames``."""

from __future__ import annotations

from generators.tables import header, rows, text_table

# The sources disagree on one identifier; [MS-OXPROPS] says 0x661C.
_DECIDED = {"0x001F;0x661C": "0x661C"}


def _canonical() -> dict[str, tuple[int, list[int], list[str]]]:
    """Return canonical name -> (property id, types, other names)."""
    found = {}
    for row in rows("properties.tsv"):
        prop_id = int(_DECIDED.get(row["prop_id"], row["prop_id"]), 16)
        types = [int(word, 16) for word in row["types"].split(";") if word]
        found[row["canonical"]] = (prop_id, types, [word for word in row["other_names"].split(";") if word])
    return found


def _constants() -> str:
    out = header(
        "tags",
        "properties.tsv",
        "Property tags (identifier and type) under their canonical names, [MS-OXPROPS] 2.",
    )
    out += "from typing import Final\n\n"
    for name, (prop_id, types, _) in sorted(_canonical().items()):
        if types:
            out += f"{name}: Final = 0x{prop_id:04X}{types[0]:04X}\n"
    return out


def _table() -> str:
    names: dict[int, tuple[str, dict[str, None]]] = {}
    for row in rows("proptags.tsv"):
        others = dict.fromkeys(word for word in row["other_names"].split(";") if word)
        names[int(row["proptag"], 16)] = (row["canonical"], others)
    for canonical, (prop_id, types, more) in _canonical().items():
        # A property whose type no source tells stands with type 0 (unspecified).
        tag = prop_id << 16 | (types[0] if types else 0)
        known: tuple[str, dict[str, None]] = names.get(tag, ("", {}))
        if known[0] not in {"", canonical}:
            # One number, two canonical names (address book templates reuse identifiers): keep both.
            names[tag] = (known[0], known[1] | {canonical: None} | dict.fromkeys(more))
        else:
            names[tag] = (canonical, known[1] | dict.fromkeys(more))
    lines = [
        f"{tag:08X} {canonical} {' '.join(words)}".rstrip()
        for tag, (canonical, words) in sorted(names.items())
    ]
    out = header(
        "tags",
        "properties.tsv and proptags.tsv",
        "All known property tags with their names: tag, canonical name (or nothing), other names.",
    )
    return out + "from typing import Final\n\n" + text_table("TABLE", lines)


def generate() -> dict[str, str]:
    """Return the generated modules by file name."""
    return {"tags.py": _constants(), "tagtable.py": _table()}
