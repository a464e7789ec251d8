"""What contents tables cost: open, sort by the time of receipt, read the first 50 rows; other orders; changes.

    cd python && ../.venv/bin/python bench/micro_tables.py [messages ...]

Default: folders of 1,000, 100,000 and 1,000,000 messages. Rows are copied inside the database, so filling does
not take longer than measuring. The last column is the memory that the process grew by.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from array import array
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from gromox.mapi import tags
from gromox.mapi.restriction import Content, FuzzyHigh, FuzzyLow, Property, RelOp
from gromox.mapi.sortorder import Order, SortOrder, SortOrderSet
from gromox.store import block_table
from gromox.store.create import create_private
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.model import NewMail
from gromox.store.session import Actor, StoreSession
from gromox.store.table.model import Origin
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.store.mailbox import Mailbox

OWNER = "alice@example.test"
COLUMNS = (
    tags.PidTagMid,
    tags.PidTagInstID,
    tags.PidTagInstanceNum,
    tags.PidTagEntryId,
    tags.PidTagSubject,
    tags.PidTagSentRepresentingName,
    tags.PidTagDisplayTo,
    tags.PidTagMessageDeliveryTime,
    tags.PidTagMessageFlags,
    tags.PidTagMessageSize,
    tags.PidTagMessageClass,
    tags.PidTagImportance,
    tags.PidTagHasAttachments,
    tags.PidTagFlagStatus,
)
NEWEST = SortOrderSet((SortOrder(tags.PidTagMessageDeliveryTime, Order.DESCENDING),))
ROWS = (
    "INSERT INTO messages (mid, folder_id, uid, cn, size, internal_date, internal_zone, received_time,"
    " created_time, modified_time, saved_at, subject, normalized_subject, sender_name, sender_address,"
    " display_to, content_id)"
    " SELECT ? + value, ?, value + 1, ? + value, 2000, 1.7e9 + value, 0, 133e15 + value * 600000000, 0, 0, 0,"
    " 'Subject ' || (value * 7919 % 100003), 'Subject ' || (value * 7919 % 100003), 'Person ' || (value % 997),"
    " 'person' || (value % 997) || '@example.net', 'Alice', ? FROM generate"
)
NUMBERS = (
    "CREATE TEMP TABLE generate AS WITH RECURSIVE n(value) AS"
    " (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value + 1 < {count}) SELECT value FROM n"
)


def fill(mailbox: Mailbox, count: int) -> int:
    """Return a folder with so many rows of messages."""
    file = mailbox.file
    folder_id = mailbox.create_folder(9, f"with {count}").folder_id
    file.execute("DROP TABLE IF EXISTS temp.generate")
    file.execute(NUMBERS.format(count=count))
    with file.write(durable=False) as tx:
        first_mid, first_cn = tx.next_object_id(count), tx.next_cn(count)
        file.execute(ROWS, (first_mid, folder_id, first_cn, None))
        file.execute(
            "INSERT INTO fetch_rows (folder_id, uid, mid, content_id, size, internal_date, envelope)"
            " SELECT ?, value + 1, ? + value, NULL, 2000, x'', x'' FROM temp.generate",
            (folder_id, first_mid),
        )
        block_table.extend(
            tx,
            folder_id,
            array("I", range(1, count + 1)),
            bytes(count),
            None,
            range(first_cn, first_cn + count),
        )
        record = tx.folder(folder_id)
        record.total = record.unread = count
        record.size = 2000 * count
    return folder_id


def say(name: str, run: Callable[[], object]) -> None:
    """Print what a step took, and by how much the process grew at most."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"  {name:52s} {seconds * 1e3:10.2f} ms {grown / 1024:8.1f} MiB", flush=True)


def measure(mailbox: Mailbox, count: int) -> None:
    """Time what a client does with one folder."""
    folder_id = fill(mailbox, count)
    print(f"{count} messages")
    session = StoreSession.of(mailbox, Actor(OWNER))
    handles: list[int] = []

    def first_page(sort: SortOrderSet) -> None:
        handle = session.open_contents_table(folder_id).handle
        session.table_set_columns(handle, COLUMNS)
        session.table_sort(handle, sort)
        assert len(session.table_query_rows(handle, 50).rows) == 50
        handles.append(handle)

    say("open, newest first, 50 rows; cold", lambda: first_page(NEWEST))
    say("the same, warm", lambda: first_page(NEWEST))
    newest = handles[0]
    say("next 50 rows", lambda: session.table_query_rows(newest, 50))
    say("seek to the middle and read 50 rows", lambda: session.table_seek_fraction(newest, 1, 2))
    session.table_query_rows(newest, 50)
    session.table_changes(newest)
    session.table_seek(newest, Origin.BEGINNING, 0)
    mail = NewMail(f"From: a@b.test\r\nTo: {OWNER}\r\nSubject: new\r\n\r\nText\r\n".encode())
    mailbox.append(folder_id, [mail])
    say("live: one new message", lambda: session.table_changes(newest))
    mailbox.set_flags(folder_id, UidSet.of([count // 2]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    say("live: one flag", lambda: session.table_changes(newest))
    subject = SortOrderSet((SortOrder(tags.PidTagSubject),))
    say("open, by subject, 50 rows", lambda: first_page(subject))
    by_subject = handles[-1]
    session.table_changes(by_subject)
    mailbox.append(folder_id, [mail])
    say("live: one new message", lambda: session.table_changes(by_subject))
    say(
        "open, categories by sender, 50 rows",
        lambda: first_page(
            SortOrderSet((SortOrder(tags.PidTagSentRepresentingName), SortOrder(tags.PidTagSubject)), 1, 1)
        ),
    )
    text = Content(
        tags.PidTagSubject, tags.PidTagSubject, "subject 77", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE
    )
    say(
        "restrict by subject, 1 row",
        lambda: (session.table_restrict(newest, text), session.table_query_rows(newest, 1)),
    )
    unread = Property(RelOp.EQUAL, tags.PidTagRead, tags.PidTagRead, value=True)
    say(
        "restrict to read messages, 1 row",
        lambda: (session.table_restrict(newest, unread), session.table_query_rows(newest, 1)),
    )
    session.close_handles()


def main() -> None:
    """Run in a temporary directory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("messages", nargs="*", type=int, default=[1000, 100_000, 1_000_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path(__file__).resolve().parents[1]) as directory:
        mailbox = create_private(Path(directory) / "mailbox", owner=OWNER, user_id=1)
        for count in options.messages:
            measure(mailbox, count)
        mailbox.close()


if __name__ == "__main__":
    main()
