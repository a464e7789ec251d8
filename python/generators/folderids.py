"""Built-in folders and the orders in which documents list them."""

from __future__ import annotations

from generators.tables import header, rows

_ORDERS = {
    "roplogon-private": ("LOGON_PRIVATE", "Private", "FolderIds of a private logon, [MS-OXCSTOR] 2.2.1.1.3."),
    "roplogon-public": ("LOGON_PUBLIC", "Public", "FolderIds of a public logon, [MS-OXCSTOR] 2.2.1.1.4."),
    "additional-ren-entryids": (
        "ADDITIONAL_REN_ENTRY_IDS",
        "Private",
        "Values of PidTagAdditionalRenEntryIds, [MS-OXOSFLD] 2.2.4.",
    ),
}


def generate() -> dict[str, str]:
    """Return the generated modules by file name."""
    folders = rows("builtin_folders.tsv")
    out = header(
        "folderids",
        "builtin_folders.tsv and default_folders.tsv",
        "Folders that every store is born with, and the orders in which clients are told of them.",
    )
    out += "from enum import IntEnum\nfrom typing import Final\n"
    for store in ("Private", "Public"):
        out += f'\n\nclass {store}(IntEnum):\n    """Folder ids of a {store.lower()} store."""\n\n'
        for row in folders:
            if row["store"] == store.lower():
                out += f"    {row['constant']} = {row['id']}\n"
    by_name = {(row["store"], row["listed_as"]): row["constant"] for row in folders if row["listed_as"]}
    lists = rows("default_folders.tsv")
    out += "\n"
    for table, (name, store, docstring) in _ORDERS.items():
        out += f"\n#: {docstring} None: the place is empty.\n"
        out += f"{name}: Final[tuple[{store} | None, ...]] = (\n"
        for row in lists:
            if row["table"] == table:
                constant = by_name.get((store.lower(), row["folder"]))
                out += f"    {f'{store}.{constant}' if constant else 'None'},  # {row['folder']}\n"
        out += ")\n"
    out += "\n#: Entry id properties of the Inbox that name special folders, [MS-OXOSFLD] 2.2.3.\n"
    out += "ENTRY_ID_PROPERTIES: Final[dict[int, Private]] = {\n"
    for row in lists:
        constant = by_name.get(("private", row["folder"]))
        if row["table"] == "entryid-property" and constant:
            out += f"    {row['index_or_id']}: Private.{constant},  # {row['name']}\n"
    out += "}\n"
    return {"folderids.py": out}
