"""How much a mailbox may hold.

Spec:
    reference/system/store.md section 8: limits are store properties in KiB, compared with octets used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.errors import CountQuotaError, QuotaError, ReceiveQuotaError, StorageQuotaError
from gromox.store.model import Quota

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile

STORAGE_LIMIT: Final = 0x3FF50003
RECEIVE_LIMIT: Final = 0x666A0003
SEND_LIMIT: Final = 0x666E0003
LIMITS: Final = (STORAGE_LIMIT, RECEIVE_LIMIT, SEND_LIMIT)
_KIB: Final = 1024
_MAX_KIB: Final = 0x7FFFFFFF


def read(file: MailboxFile) -> Quota:
    """Return use and limits."""
    file.refresh(scanned=False)
    limits = _limits(file)
    return Quota(
        file.normal_size + file.associated_size,
        limits.get(STORAGE_LIMIT),
        limits.get(RECEIVE_LIMIT),
        limits.get(SEND_LIMIT),
        file.message_count,
        file.max_messages or None,
    )


def _limits(file: MailboxFile) -> dict[int, int]:
    if file.limits is None:
        rows = file.execute(
            "SELECT proptag, value FROM store_properties WHERE proptag IN (?, ?, ?)",
            LIMITS,
        )
        file.limits = {tag: int(value) * _KIB for tag, value in rows.fetchall()}
    return file.limits


def write(file: MailboxFile, tag: int, limit: int | None) -> None:
    """Set one limit in octets (kept in KiB, rounded up), or remove it; within a write transaction."""
    if limit is None:
        file.execute("DELETE FROM store_properties WHERE proptag = ?", (tag,))
    else:
        kib = min(-(-max(limit, 0) // _KIB), _MAX_KIB)
        file.execute("INSERT OR REPLACE INTO store_properties VALUES (?, ?)", (tag, kib))
    file.limits = None


def check_room(file: MailboxFile, octets: int, messages: int, *, delivery: bool = False) -> None:
    """Refuse what would not fit.

    Deliveries go by the receive limit if one is set, all else by the storage limit.

    Raises:
        StorageQuotaError, ReceiveQuotaError, CountQuotaError: it would not fit.
    """
    limits = _limits(file)
    if limits:
        used = file.normal_size + file.associated_size
        limit = limits.get(STORAGE_LIMIT)
        kind: type[QuotaError] = StorageQuotaError
        if delivery and RECEIVE_LIMIT in limits:
            limit, kind = limits[RECEIVE_LIMIT], ReceiveQuotaError
        if limit is not None and used + octets > limit:
            raise kind(f"{used} of {limit} octets are used; {octets} more do not fit")
    if file.max_messages and file.message_count + messages > file.max_messages:
        raise CountQuotaError(f"the mailbox may hold {file.max_messages} messages")
