from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gromox.base.wire import FilePiece
from gromox.store import errors, unpacked
from gromox.store.content import CHUNK, INLINE_LIMIT
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options
from gromox.store.model import NewMail
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.base.wire import Piece

INBOX = 13
TEXT = b"Subject: long\r\n\r\n" + b"Some words of a text that shrinks well.\r\n" * 100_000
NOISE = b"Subject: noise\r\n\r\n" + random.Random(1).randbytes(3 * CHUNK)  # noqa: S311 - repeatable


def files(path: Path) -> list[str]:
    return sorted(str(each.relative_to(path / "cid")) for each in (path / "cid").rglob("*") if each.is_file())


def sent(pieces: Iterable[Piece]) -> bytes:
    """Return what a peer gets."""
    octets = []
    for piece in pieces:
        if isinstance(piece, FilePiece):
            octets.append(os.pread(piece.fd, piece.length, piece.offset))
            piece.close()
        else:
            octets.append(piece)
    return b"".join(octets)


@pytest.mark.parametrize(("octets", "prefix"), [(TEXT, "S-"), (NOISE, "P-")])
def test_large_contents_stand_in_files(mailbox: Mailbox, path: Path, octets: bytes, prefix: str) -> None:
    mailbox.append(INBOX, [NewMail(octets)])
    (name,) = files(path)
    assert name.startswith(prefix)
    assert len(name) == 4 + 1 + 62
    content = mailbox.content(INBOX, 1)
    assert content.octets() == octets
    assert max(map(len, content.chunks())) <= CHUNK
    source = random.Random(2)  # noqa: S311 - repeatable
    for _ in range(20):
        offset, length = source.randrange(len(octets) + 9), source.randrange(2 * CHUNK)
        assert content.read(offset, length) == octets[offset : offset + length]
    assert b"".join(content.chunks(CHUNK - 5, 10)) == octets[CHUNK - 5 : CHUNK + 5]
    content.close()


def test_a_plain_file_is_a_piece_for_sendfile(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [NewMail(NOISE), NewMail(TEXT)])
    piece = mailbox.content(INBOX, 1).open_piece(100, 1000)
    assert piece is not None
    assert os.pread(piece.fd, piece.length, piece.offset) == NOISE[100:1100]
    piece.close()
    compressed = mailbox.content(INBOX, 2)
    assert compressed.open_piece() is None
    assert sent(compressed.pieces()) == TEXT
    compressed.close()


def test_an_unpacked_content_is_sent_in_stretches(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [TEXT + b"%d\r\n" % number for number in range(3)]
    mailbox.append(INBOX, [NewMail(octets) for octets in (TEXT, *others)])
    monkeypatch.setattr(unpacked, "MAX_OCTETS", 2 * len(TEXT) + 100)

    for offset, length in ((2 * CHUNK, 100), (0, 10), (CHUNK - 7, 2 * CHUNK), (0, len(TEXT)), (len(TEXT), 9)):
        assert sent(mailbox.content(INBOX, 1).pieces(offset, length)) == TEXT[offset : offset + length]
    pieces = mailbox.content(INBOX, 1).pieces()
    first = next(pieces)
    # Those that are kept are bounded, and a piece on its way outlives what it was taken from.
    for uid, octets in enumerate(others, 2):
        assert sent(mailbox.content(INBOX, uid).pieces()) == octets
        assert len(unpacked._kept) <= 2
    assert sent([first, *pieces]) == TEXT

    monkeypatch.setattr(unpacked, "MAX_SIZE", CHUNK)
    kept = set(unpacked._kept)
    assert sent(mailbox.content(INBOX, 1).pieces(5, 2 * CHUNK)) == TEXT[5 : 5 + 2 * CHUNK]
    assert set(unpacked._kept) == kept


def test_a_damaged_content_is_not_kept(mailbox: Mailbox, path: Path) -> None:
    mailbox.append(INBOX, [NewMail(TEXT)])
    name = path / "cid" / files(path)[0]
    whole = name.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-40] + bytes(40)):
        name.write_bytes(damaged)
        with pytest.raises(errors.CorruptError):
            sent(mailbox.content(INBOX, 1).pieces())
        with pytest.raises(errors.CorruptError):
            mailbox.content(INBOX, 1).read(len(TEXT) - 10, 5)
    name.write_bytes(whole)
    assert sent(mailbox.content(INBOX, 1).pieces()) == TEXT


def test_compression_can_be_switched_off(mailbox: Mailbox, path: Path) -> None:
    with Mailbox.open(path, options=Options(compression_level=0)) as other:
        other.append(INBOX, [NewMail(TEXT)])
    assert files(path)[0].startswith("P-")
    mailbox.append(INBOX, [NewMail(TEXT)])  # shares what is there, in its form
    assert mailbox.content(INBOX, 2).octets() == TEXT


def test_equal_contents_are_kept_once_until_the_last_goes(mailbox: Mailbox, path: Path) -> None:
    mailbox.append(INBOX, [NewMail(TEXT), NewMail(TEXT)])
    mailbox.copy(INBOX, UidSet([(1, 1)]), INBOX)
    assert len(files(path)) == 1
    mailbox.delete_messages(INBOX, UidSet([(1, 2)]))
    assert mailbox.purge_softdeleted(before=2e9) == 2
    assert len(files(path)) == 1
    assert mailbox.content(INBOX, 3).octets() == TEXT
    mailbox.delete_messages(INBOX, UidSet.everything())
    assert mailbox.purge_datafiles() == 0
    mailbox.purge_softdeleted(before=2e9)
    assert files(path) == []


def test_small_contents_need_no_file(mailbox: Mailbox, path: Path) -> None:
    mailbox.append(INBOX, [NewMail(b"x" * INLINE_LIMIT)])
    assert files(path) == []
    assert mailbox.stage(b"x" * INLINE_LIMIT) is None
    assert mailbox.content(INBOX, 1).open_piece() is None


def test_staged_ahead(mailbox: Mailbox, path: Path) -> None:
    staged = mailbox.stage(TEXT)
    assert len(files(path)) == 1
    # A purge between staging and appending removes the file; append notices.
    assert mailbox.purge_datafiles() == 1
    mailbox.append(INBOX, [NewMail(TEXT, staged=staged)])
    assert mailbox.content(INBOX, 1).octets() == TEXT


def test_foreign_files_are_left_alone(mailbox: Mailbox, path: Path) -> None:
    (path / "cid" / "S-ab").mkdir()
    (path / "cid" / "S-ab" / "note").write_text("x")
    (path / "cid" / "S-ab" / ("0" * 62)).write_text("orphan")
    assert mailbox.purge_datafiles() == 1
    assert files(path) == ["S-ab/note"]


def test_a_purged_file_and_a_damaged_one(mailbox: Mailbox, path: Path) -> None:
    mailbox.append(INBOX, [NewMail(TEXT), NewMail(NOISE)])
    content, noise = mailbox.content(INBOX, 1), mailbox.content(INBOX, 2)
    name = path / "cid" / files(path)[1]
    kept = name.read_bytes()
    name.write_bytes(kept[: len(kept) // 2])
    with pytest.raises(errors.CorruptError):
        content.octets()
    name.unlink()
    content.close()
    with pytest.raises(errors.MessageGoneError):
        content.octets()
    assert [each.kind for each in mailbox.check()] == ["content-file-missing"]
    name.write_bytes(kept)
    assert noise.read(0, 10) == NOISE[:10]
