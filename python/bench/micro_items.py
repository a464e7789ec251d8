"""What items of property form cost: made, read, changed, listed, shown to IMAP.

    cd python && ../.venv/bin/python bench/micro_items.py [items]

Prints one line a figure: medians of processor time (other work on the machine does not count), and how far
the memory of the process rose.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from gromox.mapi import named, tags
from gromox.mapi.message import Attachment, Message, PropertyBag, Recipient
from gromox.store.create import create_private
from gromox.store.item.change import MessageChange, Uploaded
from gromox.store.model import NewMail
from gromox.store.property.blob import Packed, pack
from gromox.store.property.message import MessageProperties
from gromox.store.session import SYSTEM, StoreSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.mapi.propvalue import PropValue

INBOX, CALENDAR = 13, 15
_LIST: Final = (
    tags.PidTagMid,
    tags.PidTagInstID,
    tags.PidTagMessageClass,
    tags.PidTagSubject,
    tags.PidTagSentRepresentingName,
    tags.PidTagDisplayTo,
    tags.PidTagMessageDeliveryTime,
    tags.PidTagClientSubmitTime,
    tags.PidTagLastModificationTime,
    tags.PidTagMessageSize,
    tags.PidTagMessageFlags,
    tags.PidTagImportance,
    tags.PidTagIconIndex,
    tags.PidTagHasAttachments,
    tags.PidTagFlagStatus,
    tags.PidTagConversationId,
    tags.PidTagEntryId,
    tags.PidTagChangeKey,
    tags.PidTagSensitivity,
    tags.PidTagNormalizedSubject,
)


def item(number: int) -> Message:
    """Return an item as Outlook makes them: 40 properties, two recipients, a body of 4 kB."""
    made = Message(
        PropertyBag(
            {
                tags.PidTagMessageClass: "IPM.Appointment",
                tags.PidTagSubject: f"Meeting {number}",
                tags.PidTagBody: "Agenda of the meeting. " * 180,
                tags.PidTagSentRepresentingName: "Person",
                tags.PidTagSentRepresentingSmtpAddress: "person@example.net",
                named.PidLidTaskStatus: 1,
                named.PidNameKeywords: ("Team",),
            }
        )
    )
    for at in range(33):
        made.properties[0x66000003 + (at << 16)] = at
    for name in ("Alice", "Bob"):
        address = f"{name.lower()}@example.test"
        made.recipients.append(
            Recipient(
                PropertyBag(
                    {
                        tags.PidTagRecipientType: 1,
                        tags.PidTagDisplayName: name,
                        tags.PidTagAddressType: "SMTP",
                        tags.PidTagEmailAddress: address,
                        tags.PidTagSmtpAddress: address,
                    }
                )
            )
        )
    return made


def median(work: Callable[[int], object], rounds: int) -> float:
    """Return microseconds of one round."""
    times = []
    for number in range(rounds):
        start = time.process_time()
        work(number)
        times.append(time.process_time() - start)
    return statistics.median(times) * 1e6


def show(what: str, microseconds: float) -> None:
    """Print one line."""
    sys.stdout.write(f"{what:<56} {microseconds:10.1f} us\n")


def peak() -> int:
    """Return the highest memory of the process so far in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def large(session: StoreSession) -> None:
    """Hand over, keep and read an attachment of 100 MiB in pieces."""
    piece, before = bytes(range(256)) * 4096, peak()
    start = time.process_time()
    handle = session.begin_upload()
    for _ in range(100):
        session.upload(handle, piece)
    made = Message(attachments=[Attachment(PropertyBag(), Uploaded(handle))])
    mid = session.create_message(CALENDAR, made).mid
    session.close_handle(handle)
    show("an attachment of 100 MiB, handed over and kept", (time.process_time() - start) * 1e6)
    start = time.process_time()
    for at in range(0, 100 << 20, 1 << 20):
        session.read_attachment(mid, (0,), at, 1 << 20)
    show("the same, read in pieces of 1 MiB", (time.process_time() - start) * 1e6)
    sys.stdout.write(f"{'memory that this took beyond what there was':<56} {peak() - before:10d} MiB\n")


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", nargs="?", type=int, default=2000)
    count = parser.parse_args().items
    values: dict[int, PropValue] = {0x66000003 + (at << 16): at for at in range(30)}
    values |= {0x67000000 + (at << 16) + 0x1F: "A text of some words" for at in range(10)}
    blob = pack(values) or b""
    show("40 properties packed", median(lambda _: pack(values), 2000))
    show("40 properties unpacked", median(lambda _: Packed(blob).values(), 2000))
    show("one of 40 properties found", median(lambda _: Packed(blob).get(0x67050000 + 0x1F), 2000))
    with tempfile.TemporaryDirectory() as folder:
        box = create_private(Path(folder) / "box", owner="a@example.test", user_id=1)
        session = StoreSession.of(box, SYSTEM)
        mids: list[int] = []
        show(
            "create an item",
            median(lambda n: mids.append(session.create_message(CALENDAR, item(n)).mid), count),
        )
        show("open an item with everything", median(lambda n: session.read_message(mids[n]), count))
        show(
            "10 properties of an item",
            median(lambda n: session.message_properties(mids[n], _LIST[:10]), count),
        )
        reader = MessageProperties(box.file, _LIST)
        show("50 rows of 20 columns, items", median(lambda _: list(reader.rows(mids[:50])), 100))
        show(
            "set a property of an item",
            median(lambda n: session.set_message_properties(mids[n], {tags.PidTagImportance: n % 3}), count),
        )
        show(
            "change the body of an item",
            median(
                lambda n: session.change_message(mids[n], MessageChange({tags.PidTagBody: "x" * 5000})), count
            ),
        )
        start = time.process_time()
        done = box.render(CALENDAR)
        show("show an item to IMAP", (time.process_time() - start) / max(done, 1) * 1e6)
        mail = b"From: a@example.net\r\nTo: b@example.test\r\nSubject: x\r\n\r\n" + b"text " * 400
        box.append(INBOX, [NewMail(mail)] * 200)
        inbox = session.folder_messages(INBOX)
        show("50 rows of 20 columns, mails", median(lambda _: list(reader.rows(inbox[:50])), 100))
        show("open a mail with everything", median(lambda n: session.read_message(inbox[n]), 200))
        large(session)
        box.close()


if __name__ == "__main__":
    main()
