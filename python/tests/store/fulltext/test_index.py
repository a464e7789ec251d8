"""The full-text index: it excludes, it never decides; searches are the same with and without it."""

from __future__ import annotations

import io
import itertools
import quopri
import random
import shutil
import zipfile
from base64 import encodebytes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mapi import tags
from gromox.mapi.restriction import Content, FuzzyHigh, FuzzyLow
from gromox.store import bodysearch, searching
from gromox.store import content as contents
from gromox.store.content import INLINE_LIMIT, Storage
from gromox.store.create import create_private
from gromox.store.fulltext import attachment, index, update
from gromox.store.mailbox import Mailbox
from gromox.store.match.expression import expression_of
from gromox.store.model import NewMail
from gromox.store.search import Body, Text
from gromox.store.uidset import UidSet

INBOX, TRASH = 13, 11


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    with create_private(tmp_path / "alice", owner="alice@example.test", user_id=7) as mailbox:
        yield mailbox
        assert mailbox.check() == []


def mail(body: str, subject: str = "hello", extra: str = "") -> NewMail:
    head = f"From: a@b.test\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n{extra}\r\n"
    return NewMail((head + body).encode())


def found(box: Mailbox, needle: str, folder: int = INBOX) -> list[int]:
    return list(box.search(folder, Body(needle)))


def keep(box: Mailbox) -> int:
    steps = 0
    while box.keep_derived():
        steps += 1
    return steps


def test_what_is_asked_of_the_index() -> None:
    assert index.question("ab") is None
    assert index.question("abcd") == '"abc" AND "bcd"'
    assert index.question('a"b') == '"a""b"'
    assert index.question("a\0b") is None
    assert index.question("one\r\ntwo") == '"one" AND "two"'
    long = index.question("".join(chr(0x4E00 + n) for n in range(1000)))
    assert long is not None
    assert long.count(" AND ") == index.MAX_TERMS - 1


def test_a_search_finds_the_same_before_and_after(box: Mailbox) -> None:
    box.append(
        INBOX, [mail("the quick brown fox"), mail("lazy dog"), mail("日本語のテキスト"), mail("Straße")]
    )
    wanted = {"quick": [1], "zy d": [2], "語のテ": [3], "STRASSE": [4], "o": [1, 2], "absent": [], "テ": [3]}
    for _ in range(2):
        for needle, uids in wanted.items():
            assert found(box, needle) == uids
        assert list(box.search(INBOX, Text("HELLO"))) == [1, 2, 3, 4]
        keep(box)
    assert box.is_derived_current()


def test_only_candidates_are_looked_at(box: Mailbox) -> None:
    box.append(INBOX, [mail("needle"), mail("hay"), mail("hay")])
    assert index.candidates(box.file, INBOX, "needle") is None
    keep(box)
    assert list(index.candidates(box.file, INBOX, "needle") or ()) == [1]
    box.append(INBOX, [mail("new hay")])
    assert list(index.candidates(box.file, INBOX, "needle") or ()) == [1, 4]
    assert index.candidates(box.file, INBOX, "ne") is None


def test_too_many_hits_are_no_answer(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MAX_HITS", 2)
    box.append(TRASH, [mail("needle"), mail("needle")])
    box.append(INBOX, [mail("needle")])
    keep(box)
    assert index.candidates(box.file, INBOX, "needle") is None
    assert found(box, "needle") == [1]
    assert list(index.candidates(box.file, INBOX, "absent") or ()) == []


def test_it_follows_the_change_log(box: Mailbox) -> None:
    box.append(INBOX, [mail(f"number {n}") for n in range(150)])
    assert keep(box) > 2  # in steps
    box.move(INBOX, UidSet.of([7]), TRASH)
    box.copy(INBOX, UidSet.of([8]), TRASH)
    box.delete_messages(INBOX, UidSet.of([9]))
    keep(box)
    assert found(box, "number 6\r\n".strip(), TRASH) == [1]
    assert found(box, "number 7", TRASH) == [2]
    assert found(box, "number 8", INBOX) == [81, 82, 83, 84, 85, 86, 87, 88, 89, 90]
    box.rebuild_text_index()
    assert not box.is_derived_current()
    keep(box)
    assert found(box, "number 7", TRASH) == [2]


def test_a_long_text_is_always_looked_at(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "MAX_TEXT", 1000)
    box.append(INBOX, [mail("x" * 3000 + " needle"), mail("short")])
    keep(box)
    assert list(index.candidates(box.file, INBOX, "needle") or ()) == [1]
    assert found(box, "needle") == [1]


def test_messages_of_one_change_number_are_all_taken(box: Mailbox) -> None:
    box.append(INBOX, [mail(f"number {n}") for n in range(10)])
    with box.file.write(durable=True) as tx:
        box.file.execute("UPDATE messages SET cn = (SELECT max(cn) FROM messages)")
        tx.next_cn()
    assert update.update(box.file, limit=3).messages == 10
    assert update.is_indexed(box.file)


def test_a_message_that_comes_meanwhile_is_not_forgotten(
    box: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.append(INBOX, [mail("first")])
    begin = box.file.write
    with Mailbox.open(tmp_path / "alice") as other:

        def write(**how: Any) -> object:  # noqa: ANN401 - as declared
            monkeypatch.undo()
            other.append(INBOX, [mail("second")])
            return begin(**how)

        monkeypatch.setattr(box.file, "write", write)
        update.update(box.file)
    assert not update.is_indexed(box.file)
    keep(box)
    assert list(index.candidates(box.file, INBOX, "second") or ()) == [2]


def test_bodies_of_restrictions(box: Mailbox) -> None:
    box.append(INBOX, [mail("Some Words here"), mail("other words")])
    keep(box)
    restriction = Content(
        tags.PidTagBody, tags.PidTagBody, "some words", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE
    )
    assert list(searching.search(box.file, expression_of(restriction), box.view(INBOX))) == [1]


def test_an_index_ahead_of_the_log_is_put_right(box: Mailbox) -> None:
    box.append(INBOX, [mail("needle")])
    keep(box)
    with box.file.write(durable=True) as tx:
        box.file.execute("UPDATE text_index_folders SET cn = cn + 1000")
        tx.next_cn()
    assert [problem.kind for problem in box.check()] == ["text-index"]
    assert all(problem.repaired for problem in box.repair())
    keep(box)
    assert found(box, "needle") == [1]


# Attachments.

PARAGRAPHS = (
    "<w:document><w:p><w:r><w:t>hid</w:t></w:r><w:r><w:t>den &amp; found</w:t></w:r></w:p></w:document>"
)


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in members.items():
            archive.writestr(name, octets)
    return buffer.getvalue()


def with_attachment(octets: bytes, name: str, filler: int = 0) -> NewMail:
    return NewMail(
        (
            "From: a@b.test\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n'
            f"Content-Type: application/octet-stream; name={name}\r\nContent-Transfer-Encoding: base64\r\n"
            f"Content-Disposition: attachment; filename={name}\r\n\r\n"
        ).encode()
        + encodebytes(octets).replace(b"\n", b"\r\n")
        + b"\r\n--b\r\nContent-Type: application/x-filler\r\n\r\n"
        + b"f" * filler
        + b"\r\n--b--\r\n"
    )


@pytest.mark.parametrize("filler", [0, INLINE_LIMIT])
def test_texts_of_attachments_are_found_once_indexed(box: Mailbox, filler: int) -> None:
    box.append(INBOX, [with_attachment(zipped({"word/document.xml": PARAGRAPHS.encode()}), "a.docx", filler)])
    assert found(box, "hidden & found") == []
    keep(box)
    assert found(box, "HIDDEN & found") == [1]


@pytest.mark.parametrize(
    ("kind", "member", "xml"),
    [
        ("docx", "word/document.xml", "<w:p><w:t>some</w:t></w:p><w:p><w:t>text</w:t></w:p>"),
        ("xlsx", "xl/sharedStrings.xml", "<sst><si><t>some</t></si><si><t>text</t></si></sst>"),
        ("pptx", "ppt/slides/slide1.xml", "<a:p><a:t>some</a:t></a:p><a:p><a:t>text</a:t></a:p>"),
        ("odf", "content.xml", "<text:p>some</text:p><text:p>text</text:p>"),
    ],
)
def test_office_documents(kind: str, member: str, xml: str) -> None:
    octets = zipped({"mimetype": b"x", member: xml.encode()})
    assert attachment.text_of(kind, octets).split() == ["some", "text"]
    for size in range(0, len(octets), 7):
        assert attachment.text_of(kind, octets[:size]) == ""


def test_unpacking_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachment, "MAX_UNPACKED", 1000)
    bomb = zipped({"content.xml": b"a" * 10_000_000, "styles.xml": b"never read"})
    assert attachment.text_of("odf", bomb) == "a" * 1000
    monkeypatch.setattr(attachment, "MAX_MEMBERS", 1)
    assert attachment.text_of("odf", zipped({"x": b"", "content.xml": b"beyond"})) == ""
    monkeypatch.setattr(attachment, "MAX_TEXT", 3)
    assert attachment.text_of("odf", zipped({"content.xml": b"abcdef"})) == "abc"


@given(st.binary(max_size=300))
def test_any_octets_are_survived(octets: bytes) -> None:
    for kind in ("docx", "odf"):
        assert isinstance(attachment.text_of(kind, octets), str)


def test_damaged_documents_are_survived() -> None:
    source = random.Random(5)  # noqa: S311 - repeatable
    octets = zipped({"word/document.xml": PARAGRAPHS.encode() * 20})
    for _ in range(300):
        damaged = bytearray(octets)
        for _ in range(source.randrange(1, 6)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        assert isinstance(attachment.text_of("docx", bytes(damaged)), str)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_pdf_documents() -> None:
    content = b"BT /F1 24 Tf 20 100 Td (hidden words) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    document = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(document))
        document += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(document)
    document += b"xref\n0 7\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in places)
    document += b"trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    assert "hidden words" in attachment.text_of("pdf", bytes(document))
    assert attachment.text_of("pdf", b"%PDF-1.4 nothing else") == ""


def test_no_pdf_without_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert attachment.text_of("pdf", b"%PDF-1.4") == ""


def test_each_text_is_indexed_once() -> None:
    head = b"Subject: =?utf-8?q?caf=C3=A9?=\r\nContent-Type: text/plain"

    def texts(body: bytes, extra: bytes = b"") -> list[str]:
        octets = head + extra + b"\r\n\r\n" + body
        content = contents.Content(Path(), len(octets), Storage.INLINE, None, octets)
        return list(bodysearch.texts_for_index(content, len(octets) - len(body), b""))

    plain = texts(b"The Text\r\n")
    assert [text for text in plain if "the text" in text] == [plain[0]]
    assert "subject: café" in plain
    encoded = texts(b"VGhlIFRleHQK\r\n", b"\r\nContent-Transfer-Encoding: base64")
    assert not any("vghliflexxq" in text for text in encoded)  # nobody looks for these
    assert [text for text in encoded if "the text" in text] == [encoded[-1]]
    accented = texts("Straße\r\n".encode(), b"; charset=utf-8")
    assert [text for text in accented if "strasse" in text] == [accented[-1]]


@pytest.mark.parametrize(
    "needle", ["needle", "STRASSE", "naïve", "line one", "x-mailer: abc", "naïve\nline", "naïve\r\nline"]
)
def test_whatever_the_encoding_the_index_excludes_nothing(box: Mailbox, needle: str) -> None:
    text = "A needle in the Straße, so naïve\r\nLine one of it\r\n"
    mails = []
    for charset, coding in itertools.product(("utf-8", "latin-1"), ("8bit", "base64", "quoted-printable")):
        octets = text.encode(charset)
        if coding == "base64":
            octets = encodebytes(octets)
        elif coding == "quoted-printable":
            octets = quopri.encodestring(octets)
        head = f"Subject: x\r\nX-Mailer: abc\r\nContent-Type: text/plain; charset={charset}\r\n"
        head += f"Content-Transfer-Encoding: {coding}\r\n\r\n"
        mails.append(NewMail(head.encode() + octets))
    mails.append(mail("A needle on line one", extra="X-Mailer: abc\r\n"))
    box.append(INBOX, mails)
    before = list(box.search(INBOX, Text(needle)))
    keep(box)
    assert list(box.search(INBOX, Text(needle))) == before
