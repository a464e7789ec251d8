"""Delivery: mails from the queue, each once, by the rules of the folder they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store import append, quota
from gromox.store.errors import FolderGoneError, QuotaError
from gromox.store.rule.carry_out import Handling, known_senders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.store.append import Scanned
    from gromox.store.errors import StoreError
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.model import Delivery

_REMEMBER: Final = "INSERT OR IGNORE INTO deliveries VALUES (?, ?)"
_KEEP_TOKENS: Final = 14 * 86400
"""Seconds for which a delivery is remembered; the queue gives up on a mail much earlier."""
_PRUNE_EVERY: Final = 64


def deliver(file: MailboxFile, deliveries: Sequence[Delivery]) -> list[int | StoreError | None]:
    """Add mails in one transaction, each unless one with the same token was added before.

    Returns the UID (0: rules put it elsewhere or removed it), None for a known token, or the refusal, of
    each.
    """
    fresh = [each for each in deliveries if not _is_known(file, each.token)]
    if len(fresh) < len(deliveries):
        # Whoever delivered them may have died before the sync: the answer has to wait for one.
        file.mark_undurable()
    if not fresh:
        return [None] * len(deliveries)
    prepared = dict(zip(fresh, append.prepare(file, [each.mail for each in fresh]), strict=True))
    results: dict[Delivery, int | StoreError] = {}
    known = known_senders(file, [each.addressed for each in fresh if each.addressed is not None])
    with file.write(durable=True, scanned=False) as tx:
        _prune_tokens(tx, len(fresh))
        for folder_id in dict.fromkeys([each.folder_id for each in fresh]):
            there = [each for each in fresh if each.folder_id == folder_id]
            accepted = _accept(tx, there, prepared, results)
            results.update(_put(tx, folder_id, accepted, prepared, known))
    return [results.get(each) for each in deliveries]


def _put(
    tx: Write,
    folder_id: int,
    accepted: Sequence[Delivery],
    prepared: Mapping[Delivery, Scanned],
    known: frozenset[str],
) -> dict[Delivery, int]:
    """Add mails to a folder, or to where its rules say."""
    uids: dict[Delivery, int] = {}
    handling = None
    for each in accepted:
        if each.addressed is not None:
            handling = handling or Handling.of(tx, folder_id, known)
            uids[each] = handling.deliver(tx, each, each.addressed, prepared[each])
    plain = [each for each in accepted if each not in uids]
    if plain:
        added = append.insert(tx, folder_id, [prepared[each] for each in plain], delivery=True)
        uids.update(zip(plain, added.uids, strict=True))
    return uids


def _is_known(file: MailboxFile, token: str) -> bool:
    return file.execute("SELECT 1 FROM deliveries WHERE token = ?", (token,)).fetchone() is not None


def _prune_tokens(tx: Write, count: int) -> None:
    """Forget old tokens now and then."""
    before = tx.file.change_number
    if before // _PRUNE_EVERY != (before + count) // _PRUNE_EVERY:
        tx.file.execute(
            "DELETE FROM deliveries WHERE token IN"
            " (SELECT token FROM deliveries WHERE delivered_at < ? LIMIT ?)",
            (int(tx.now) - _KEEP_TOKENS, 2 * _PRUNE_EVERY),
        )


def _accept(
    tx: Write,
    deliveries: Sequence[Delivery],
    prepared: Mapping[Delivery, Scanned],
    refused: dict[Delivery, int | StoreError],
) -> list[Delivery]:
    """Return the mails for one folder that fit and are new; their tokens are noted."""
    file, size = tx.file, 0
    accepted: list[Delivery] = []
    for each in deliveries:
        octets = prepared[each][1].size
        try:
            file.record(each.folder_id)
            quota.check_room(file, size + octets, len(accepted) + 1, delivery=True)
        except (FolderGoneError, QuotaError) as error:
            # It may have been delivered by another process just now; then there was room for it.
            if not _is_known(file, each.token):
                refused[each] = error
            continue
        if file.execute(_REMEMBER, (each.token, int(tx.now))).rowcount:
            accepted.append(each)
            size += octets
    return accepted
