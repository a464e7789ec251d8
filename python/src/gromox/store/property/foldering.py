"""Set properties of folders, whichever of them are columns.

Spec: [MS-OXCFOLD] 2.2.2.2.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.store import hierarchy
from gromox.store.errors import InvalidValueError
from gromox.store.property import folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import Write

_MAX_CLASS: Final = 255


def set_folder(tx: Write, folder_id: int, values: Mapping[int, PropValue]) -> None:
    """Set properties of a folder; the caller has taken read-only ones out.

    Raises:
        ExistsError, InvalidNameError, ReservedError: it cannot have that name.
        InvalidValueError, LimitError: a value does not fit.
    """
    record = tx.folder(folder_id)
    rest = dict(values)
    name = rest.pop(tags.PidTagDisplayName, None)
    if name is not None and name != record.name:
        hierarchy.rename_in(tx, folder_id, parent_id=record.parent_id, name=_text(name))
    container_class = rest.pop(tags.PidTagContainerClass, None)
    if container_class is not None:
        tx.hierarchy_changed = True
        record.container_class = _text(container_class)[:_MAX_CLASS]
        tx.file.execute(
            "UPDATE folders SET container_class = ? WHERE folder_id = ?", (record.container_class, folder_id)
        )
    hidden = rest.pop(tags.PidTagAttributeHidden, None)
    if hidden is not None:
        tx.hierarchy_changed = True
        record.hidden = int(bool(hidden))
        tx.file.execute("UPDATE folders SET hidden = ? WHERE folder_id = ?", (record.hidden, folder_id))
    created = rest.pop(tags.PidTagCreationTime, None)
    if isinstance(created, int):
        record.created_time = created
        tx.file.execute("UPDATE folders SET created_time = ? WHERE folder_id = ?", (created, folder_id))
    modified = rest.pop(tags.PidTagLastModificationTime, None)
    folder.change(tx, folder_id, rest)
    if isinstance(modified, int):
        record.modified_time = modified
        tx.file.execute("UPDATE folders SET modified_time = ? WHERE folder_id = ?", (modified, folder_id))


def _text(value: PropValue) -> str:
    if not isinstance(value, str):
        raise InvalidValueError("a text is wanted there")
    return value
