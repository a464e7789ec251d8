"""Folders that a client made, changed or deleted off line.

Spec: [MS-OXCFXICS] 2.2.3.2.4.3, 3.2.5.9.4.3 (RopSynchronizationImportHierarchyChange).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.changelist import Relation
from gromox.store import hierarchy
from gromox.store.errors import InvalidValueError
from gromox.store.item import foldering
from gromox.store.property import ids
from gromox.store.property.foldering import set_folder
from gromox.store.sync import conflict, localids
from gromox.store.sync.upload import Imported, Outcome, predecessors_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.mapi.changelist import PredecessorChangeList
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.holding import Holding
    from gromox.store.mailbox_file import Write
    from gromox.store.sync.conflict import Version
    from gromox.store.sync.upload import Upload

_STORED: Final = "SELECT cn, change_key, predecessors, modified_time FROM folders WHERE folder_id = ?"
_VERSION: Final = "UPDATE folders SET change_key = ?, predecessors = ? WHERE folder_id = ?"


def import_folder(
    tx: Write,
    holding: Holding,
    upload: Upload,
    folder_id: int,
    parent_id: int,
    version: Version,
    values: Mapping[int, PropValue],
) -> Imported:
    """Take in a folder; the last writer wins where both sides changed it, at the same time what is here.

    Raises:
        InvalidValueError: the id was not given out to a client, or the name is missing.
        ExistsError, InvalidNameError, ReservedError, NotFoundError: it cannot be there under that name.
    """
    file = tx.file
    theirs = predecessors_of(version)
    name = values.get(tags.PidTagDisplayName)
    if not isinstance(name, str) or not name:
        raise InvalidValueError("a folder has a name ([MS-OXCFXICS] 2.2.3.2.4.3.1)")
    if folder_id not in file.folders:
        gone = file.execute("SELECT 1 FROM folders WHERE folder_id = ?", (folder_id,)).fetchone()
        if gone is not None or localids.is_retired(file, folder_id):
            return Imported(Outcome.DELETED, folder_id, 0)
        if not localids.is_allocated(file, folder_id):
            raise InvalidValueError("that id was not given out to clients")
        rest = {tag: value for tag, value in values.items() if tag != tags.PidTagDisplayName}
        foldering.create(tx, parent_id, name, rest, folder_id=folder_id)
        return _keep(tx, upload, folder_id, version, theirs)
    cn, key, predecessors, modified = file.execute(_STORED, (folder_id,)).fetchone()
    ours = ids.predecessors(file, cn, key, predecessors)
    relation = theirs.relation(ours)
    if relation in (Relation.EQUAL, Relation.OLDER):
        return Imported(Outcome.IGNORED, folder_id, cn)
    if relation is Relation.NEWER or version.modified_time > modified:
        _change(tx, folder_id, parent_id, name, values)
    if relation is Relation.NEWER:
        return _keep(tx, upload, folder_id, version, theirs)
    record = tx.folder(folder_id)
    record.cn = tx.next_cn()
    tx.hierarchy_changed = True
    file.execute(
        "UPDATE folders SET cn = ?, change_key = NULL, predecessors = ? WHERE folder_id = ?",
        (record.cn, theirs.merged(ours).octets(), folder_id),
    )
    quiet = conflict.method_of(file, folder_id) & conflict.ResolveMethod.NO_CONFLICT_NOTIFICATION
    if file.is_public and not quiet:
        entry_id = ids.folder_entry_id(file, folder_id)
        conflict.notify(tx, holding, folder_id, record.name, entry_id)
    return Imported(Outcome.CONFLICT, folder_id, record.cn)


def _change(tx: Write, folder_id: int, parent_id: int, name: str, values: Mapping[int, PropValue]) -> None:
    record = tx.folder(folder_id)
    if (record.parent_id, record.name) != (parent_id, name):
        hierarchy.rename_in(tx, folder_id, parent_id=parent_id, name=name)
    set_folder(tx, folder_id, {tag: value for tag, value in values.items() if tag != tags.PidTagDisplayName})


def _keep(
    tx: Write, upload: Upload, folder_id: int, version: Version, theirs: PredecessorChangeList
) -> Imported:
    """Give a folder the client's change key and a change number of ours."""
    record = tx.folder(folder_id)
    record.cn = tx.next_cn()
    record.modified_time = version.modified_time
    tx.hierarchy_changed = True
    tx.file.execute(
        "UPDATE folders SET cn = ?, modified_time = ? WHERE folder_id = ?",
        (record.cn, version.modified_time, folder_id),
    )
    tx.file.execute(_VERSION, (version.change_key, theirs.octets(), folder_id))
    upload.took(tx)
    return Imported(Outcome.TAKEN, folder_id, record.cn)
