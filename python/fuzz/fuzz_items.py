"""Fuzz what mailboxes keep packed, and changes of items: octets are read or refused, mailboxes stay whole.

``python fuzz/fuzz_items.py --seconds 10 --seed 1`` mutates packed properties and recipients, and makes items
of whatever values come along in a real mailbox, which is examined at the end. What fails is written to the
folder given by ``--crashes`` and can be played again as an argument.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from gromox.mapi import tags  # noqa: E402 - the tree is found only now
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag, Recipient  # noqa: E402
from gromox.mapi.propvalue import PropValue  # noqa: E402 - short
from gromox.store.create import create_private  # noqa: E402
from gromox.store.errors import CorruptError, StoreError  # noqa: E402
from gromox.store.item.change import AttachmentChange, MessageChange  # noqa: E402
from gromox.store.item.recipient import pack_recipients, unpack_recipients  # noqa: E402
from gromox.store.mailbox import Mailbox  # noqa: E402
from gromox.store.property.blob import Packed, pack  # noqa: E402
from gromox.store.session import SYSTEM, StoreSession  # noqa: E402

_INBOX: Final = 13
_LONGEST: Final = 4096
_FRAGMENTS: Final = (b"\0", b"\xff", b"\xff\xff\xff\xff", b"\1\0\0\0", b"\x1f\0\x37\0", b"\2\1")
_VALUES: Final[tuple[PropValue, ...]] = (
    0, 1, 2, 103, -1, 1 << 40, 1 << 70, True, "", "Re: x", "x" * 5000, "\0", "\ud800", b"", b"\1" * 3000,
    ("a", "b c"), (), (1, 2), 1.5, None,
)  # fmt: skip
_TAGS: Final = (
    tags.PidTagSubject, tags.PidTagSubjectPrefix, tags.PidTagNormalizedSubject, tags.PidTagBody,
    tags.PidTagHtml, tags.PidTagRtfCompressed, tags.PidTagImportance, tags.PidTagMessageClass,
    tags.PidTagMessageFlags, tags.PidTagFlagStatus, tags.PidTagLastVerbExecuted, tags.PidTagClientSubmitTime,
    tags.PidTagMessageDeliveryTime, tags.PidTagConversationIndex, tags.PidTagConversationIndexTracking,
    tags.PidTagChangeKey, tags.PidTagEntryId, 0x8001101F, 0x8002001F, 0x1234001E, 0x66660102, 0x00000000,
)  # fmt: skip


def packed(octets: bytes) -> None:
    """Packed properties and recipients: refused, or the same again."""
    values = Packed(octets).values()
    if repr(Packed(pack(values)).values()) != repr(dict(sorted(values.items()))):
        raise AssertionError("properties came back as others")


def recipients(octets: bytes) -> None:
    """Packed recipients."""
    rows = unpack_recipients(octets)
    if repr(unpack_recipients(pack_recipients(rows))) != repr([dict(sorted(row.items())) for row in rows]):
        raise AssertionError("recipients came back as others")


def check(octets: bytes) -> None:
    """Feed both; a refusal is an answer."""
    for target in (packed, recipients):
        with contextlib.suppress(CorruptError):
            target(octets)


def mutate(octets: bytes, chance: random.Random) -> bytes:
    """Change some places."""
    buf = bytearray(octets)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(buf) + 1)
        match chance.randrange(4):
            case 0:
                buf[at : at + 1] = bytes((chance.randrange(256),))
            case 1:
                del buf[at : at + chance.randrange(1, 6)]
            case 2:
                buf[at:at] = chance.choice(_FRAGMENTS)
            case _:
                fragment = chance.choice(_FRAGMENTS)
                buf[at : at + len(fragment)] = fragment
    return bytes(buf[:_LONGEST])


def bag(chance: random.Random) -> PropertyBag:
    """Return values that may fit their tags, or not."""
    made = PropertyBag()
    for _ in range(chance.randrange(6)):
        made[chance.choice(_TAGS)] = chance.choice(_VALUES)
    return made


def item(chance: random.Random, depth: int = 0) -> Message:
    """Return an item of such values."""
    made = Message(bag(chance), [Recipient(bag(chance)) for _ in range(chance.randrange(3))])
    for _ in range(chance.randrange(3)):
        if depth < 3 and chance.random() < 0.4:
            made.attachments.append(Attachment(bag(chance), embedded=item(chance, depth + 1)))
        else:
            octets = chance.randbytes(chance.choice((0, 9, 70_000)))
            made.attachments.append(Attachment(bag(chance), InMemory(octets)))
    return made


def work(session: StoreSession, mailbox: Mailbox, chance: random.Random) -> None:
    """Do one thing to a mailbox; a refusal is an answer."""
    mids = session.folder_messages(_INBOX, associated=True)
    mid = chance.choice(mids) if mids else 0
    with contextlib.suppress(StoreError):
        match chance.randrange(7):
            case 0 | 1:
                session.create_message(_INBOX, item(chance), associated=chance.random() < 0.2)
            case 2:
                attachments = [AttachmentChange(chance.randrange(3), embedded=item(chance))]
                change = MessageChange(bag(chance), [chance.choice(_TAGS)], None, attachments)
                session.change_message(mid, change)
            case 3:
                session.set_message_properties(mid, {chance.choice(_TAGS): chance.choice(_VALUES)})
            case 4:
                session.copy_messages(_INBOX, [mid], chance.choice((_INBOX, 14)))
            case 5:
                session.delete_messages(_INBOX, mids[: chance.randrange(4)], is_hard=chance.random() < 0.5)
            case _:
                session.save_mail(_INBOX, mutate(b"From: a@b\r\nSubject: x\r\n\r\ntext", chance))
    if chance.random() < 0.1:
        mailbox.render(_INBOX)
        for each in mids[:3]:
            with contextlib.suppress(StoreError):
                session.message_properties(each, session.message_tags(each))


def fuzz(seconds: float, seed: int, crashes: Path) -> int:
    """Work for some seconds, then examine the mailbox."""
    chance = random.Random(seed)  # noqa: S311 - the same work each time
    pool = [pack({0x0037001F: "a", 0x00170003: 1}) or b"", pack_recipients([{0x0C150003: 1}, {}]) or b""]
    end = time.monotonic() + seconds
    runs = 0
    with tempfile.TemporaryDirectory() as folder:
        box = create_private(Path(folder) / "box", owner="a@example.test", user_id=1)
        session = StoreSession.of(box, SYSTEM)
        while time.monotonic() < end:
            octets = mutate(chance.choice(pool), chance)
            if len(pool) < 64:
                pool.append(octets)
            try:
                check(octets)
            except Exception:
                crashes.mkdir(parents=True, exist_ok=True)
                (crashes / f"items-{seed}-{runs}.bin").write_bytes(octets)
                raise
            work(session, box, chance)
            runs += 1
        problems = box.check()
        box.close()
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    sys.stdout.write(f"{runs} rounds, seed {seed}: {'nothing' if not problems else len(problems)} found\n")
    return int(bool(problems))


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fuzz packed properties and items.")
    parser.add_argument("files", nargs="*", type=Path, help="play these again")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crashes", type=Path, default=Path("fuzz-crashes"), help="folder for what fails")
    options = parser.parse_args()
    for file in options.files:
        check(file.read_bytes())
    return 0 if options.files else fuzz(options.seconds, options.seed, options.crashes)


if __name__ == "__main__":
    sys.exit(main())
