"""The directory of a store: made with the right owner, removed without touching anything else.

Spec: reference/system/store.md section 1: owner gromox:gromox, directories 0770, files 0660.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import AdminError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.admin.service.configuration import Configuration

ACCOUNT: Final = "gromox"
DIRECTORY_MODE: Final = 0o770
FILE_MODE: Final = 0o660
DATABASE: Final = Path("exmdb") / "exchange.sqlite3"
#: What the top of a store consists of; a directory without any of it is not removed.
_PARTS: Final = frozenset({"exmdb", "cid", "eml", "ext", "config", "tmp", "log"})


@dataclass(frozen=True, slots=True)
class Ownership:
    """To whom new files belong; ids of -1 leave them with who makes them."""

    user_id: int = -1
    group_id: int = -1
    file_mode: int = FILE_MODE


def ownership(configuration: Configuration) -> Ownership:
    """Return what ``options.fileUid`` and its neighbours say; for root the default is gromox.

    Raises:
        ConfigurationError: a name or a mode is not known.
    """
    user, group, mode = (
        configuration.text(key) if configuration.origins(key) else ""
        for key in ("options.fileUid", "options.fileGid", "options.filePermissions")
    )
    try:
        return Ownership(
            _user_id(user) if user else _default_user(),
            _group_id(group) if group else _default_group(),
            int(mode, 8) & 0o666 if mode else FILE_MODE,
        )
    except (KeyError, ValueError) as error:
        raise ConfigurationError(f"options.fileUid, fileGid or filePermissions: {error}") from error


def _user_id(name: str) -> int:
    return int(name) if name.isdigit() else pwd.getpwnam(name).pw_uid


def _group_id(name: str) -> int:
    return int(name) if name.isdigit() else grp.getgrnam(name).gr_gid


def _default_user() -> int:
    # only root can give files away, and in a container there may be no such account
    is_root = os.geteuid() == 0
    return next((entry.pw_uid for entry in pwd.getpwall() if is_root and entry.pw_name == ACCOUNT), -1)


def _default_group() -> int:
    is_root = os.geteuid() == 0
    return next((entry.gr_gid for entry in grp.getgrall() if is_root and entry.gr_name == ACCOUNT), -1)


def make_parents(path: Path, owner: Ownership) -> list[Path]:
    """Make the missing directories above ``path`` and return them, the topmost first."""
    missing = [parent for parent in path.parents if not parent.exists()]
    made: list[Path] = []
    for parent in reversed(missing):
        parent.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        _give(parent, owner, DIRECTORY_MODE)
        made.append(parent)
    return made


def hand_over(path: Path, owner: Ownership) -> None:
    """Give everything in a store its owner and mode."""
    for each in (path, *_below(path)):
        if not each.is_symlink():
            _give(each, owner, DIRECTORY_MODE if each.is_dir() else owner.file_mode)


def remove_store(path: Path) -> bool:
    """Remove the directory of a store and the domain directory above it once that is empty.

    Returns:
        False if there was nothing to remove.

    Raises:
        AdminError: the directory does not look like that of a store; nothing was removed.
    """
    if not path.exists():
        return False
    contents = {entry.name for entry in path.iterdir()} if path.is_dir() and not path.is_symlink() else None
    if contents is None or (contents and not contents & _PARTS) or not path.is_absolute():
        raise AdminError(f"{path} is not the directory of a mailbox; remove it by hand if it has to go")
    shutil.rmtree(path)
    try:
        path.parent.rmdir()
    except OSError:
        # other users of the domain live there, or it is not ours
        return True
    return True


def remove_made(made: list[Path]) -> None:
    """Undo :func:`make_parents` as far as nobody else has put something there."""
    for parent in reversed(made):
        try:
            parent.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return


def _below(path: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(path):
        yield from (Path(folder) / name for name in (*folders, *files))


def _give(path: Path, owner: Ownership, mode: int) -> None:
    if owner.user_id != -1 or owner.group_id != -1:
        os.chown(path, owner.user_id, owner.group_id)
    path.chmod(mode)
