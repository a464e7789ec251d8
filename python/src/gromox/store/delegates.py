"""Who may send in the name of a mailbox's owner: two lists of addresses beside the database.

Spec: reference/system/store.md section 1: ``config/delegates.txt`` (on behalf), ``config/sendas.txt`` (as the
owner), one address of a user or a list a line.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gromox.store import content
from gromox.store.errors import InvalidValueError, LimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from gromox.base.ids import Ids

MAX_DELEGATES: Final = 10_000
_MAX_ADDRESS: Final = 320
_MAX_FILE: Final = MAX_DELEGATES * (_MAX_ADDRESS + 2)
_DIRECTORY_MODE: Final = 0o770


class DelegateList(StrEnum):
    """The two lists, each with the name of its file below ``config/``."""

    ON_BEHALF = "delegates.txt"
    SEND_AS = "sendas.txt"


def read(mailbox: Path, which: DelegateList) -> tuple[str, ...]:
    """Return the addresses of a list in the order of its file, each once.

    Raises:
        OSError: the file is there and cannot be read.
    """
    try:
        with _path(mailbox, which).open("rb") as file:
            text = file.read(_MAX_FILE).decode("utf-8", "replace")
    except FileNotFoundError:
        return ()
    return tuple(dict.fromkeys([line.strip() for line in text.splitlines() if line.strip()]))


def names_one_of(mailbox: Path, which: DelegateList, names: Collection[str]) -> bool:
    """Tell whether a list names one of a user's addresses, or of the lists that contain the user.

    Args:
        mailbox: the directory of who is represented.
        which: the list.
        names: addresses and names, casefolded.

    Raises:
        OSError: the file is there and cannot be read.
    """
    return any(address.casefold() in names for address in read(mailbox, which))


def write(
    mailbox: Path,
    which: DelegateList,
    addresses: Sequence[str],
    ids: Ids,
    *,
    give: Callable[[Path], None] | None = None,
) -> None:
    """Replace a list in one step: readers see the old one or the new one, after a crash too.

    Args:
        mailbox: the directory of the mailbox.
        which: the list.
        addresses: of users and lists, see :func:`checked`.
        ids: names the new file until it is whole.
        give: gives the new file its owner.

    Raises:
        LimitError: there are too many.
        OSError: the list could not be written; the old one is still there.
    """
    if len(addresses) > MAX_DELEGATES:
        raise LimitError(f"a list of delegates has at most {MAX_DELEGATES} addresses")
    path = _path(mailbox, which)
    path.parent.mkdir(mode=_DIRECTORY_MODE, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{ids.token(4)}")
    try:
        with content.open_new(temporary) as file:
            file.write("".join([f"{address}\n" for address in addresses]).encode())
            file.flush()
            os.fsync(file.fileno())
        if give is not None:
            give(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def checked(addresses: Iterable[str]) -> list[str]:
    """Return addresses as they stand in a list: each once, in lower case.

    Raises:
        InvalidValueError: one is none.
    """
    kept = list(dict.fromkeys([address.strip().lower() for address in addresses]))
    for address in kept:
        if not 0 < len(address) <= _MAX_ADDRESS or "@" not in address or not address.isprintable():
            raise InvalidValueError("an address of a delegate is that of a user or a list")
    return kept


def _path(mailbox: Path, which: DelegateList) -> Path:
    return mailbox / "config" / DelegateList(which).value
