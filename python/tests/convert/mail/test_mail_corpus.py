"""The corpus of nasty mails, its mutations, and what the standard library's parser reads of it."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from email import policy
from email.message import EmailMessage, Message as ParsedMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gromox.convert.mail import BodyMode, Options, message_from_mail, octets_from_message
from gromox.mapi import tags
from gromox.mapi.message import Message

CORPUS = Path(__file__).parents[2] / "mime" / "corpus"
NAMES = sorted(path.stem for path in CORPUS.glob("*.eml"))
STORED = Options(body=BodyMode.STORED, with_bcc=True)
Check = Callable[[bytes], Message]
Describe = Callable[[Message], object]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_is_read_again_from_what_is_written(
    name: str, describe: Describe, checked: Check
) -> None:
    first = checked((CORPUS / f"{name}.eml").read_bytes())

    second = message_from_mail(octets_from_message(first, options=STORED))

    assert describe(second) == describe(first)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", BodyMode)
def test_each_mode_of_bodies_is_a_fixed_point(name: str, mode: BodyMode) -> None:
    options = Options(body=mode)
    written = octets_from_message(message_from_mail((CORPUS / f"{name}.eml").read_bytes()), options=options)
    assert octets_from_message(message_from_mail(written), options=options) == written


FRAGMENTS = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\x00",
    b"--b\r\n",
    b"--b--\r\n",
    b"\r\n\r\n",
    b'Content-Type: multipart/alternative; boundary="b"\r\n',
    b'Content-Type: multipart/related; boundary="b"\r\n',
    b'Content-Type: multipart/report; boundary="b"\r\n',
    b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\nFinal-Recipient: rfc822;a@b\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: text/html\r\n",
    b"Content-Type: text/enriched\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Disposition: attachment; filename*=utf-8''%C3%A9\r\n",
    b"Thread-Index: AQH\r\nImportance: high\r\nX-Foo: bar\r\n",
    b"=?utf-8?b?w7=?=",
    b'"',
    b"(",
    b"<@a,@b:",
    b";",
    b",",
    b"\xff\xfe",
    b"\xc3\xa9",
    b"\xf0\x9f\x98\x80",
)


def mutated(octets: bytes, chance: random.Random) -> bytes:
    mail = bytearray(octets)
    for _ in range(chance.randrange(1, 6)):
        start = chance.randrange(len(mail) + 1)
        end = min(len(mail), start + chance.randrange(30))
        other = chance.randrange(len(mail) + 1)
        mail[start:end] = chance.choice(
            (b"", chance.choice(FRAGMENTS), bytes(mail[other : other + 60]), chance.randbytes(3))
        )
    return bytes(mail)


@pytest.mark.slow
def test_two_thousand_mutated_mails_are_read_and_written(corpus: dict[str, bytes], checked: Check) -> None:
    chance = random.Random(20261122)  # noqa: S311 - the same mails every time
    originals = [octets for octets in corpus.values() if len(octets) < 2000]
    for _ in range(2_000):
        checked(mutated(chance.choice(originals), chance))


@pytest.mark.parametrize("name", NAMES)
def test_every_truncation_is_read(name: str, checked: Check) -> None:
    octets = (CORPUS / f"{name}.eml").read_bytes()
    for size in range(0, len(octets), max(1, len(octets) // 12)):
        checked(octets[:size])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(FRAGMENTS), st.binary(max_size=20), st.sampled_from([b"From: a", b"To: b"])
        ),
        max_size=25,
    )
)
@example([b"Content-Type: text/enriched\r\n", b"\r\n", b"\x00"])
def test_any_octets_are_a_mail(pieces: list[bytes]) -> None:
    written = octets_from_message(message_from_mail(b"".join(pieces)), options=STORED)
    assert octets_from_message(message_from_mail(written), options=STORED) == written


# ------------------------------------------------------------------------- against the standard library


INVOICE = "Rechnung Nº 5, endgültig.pdf"


def rich_mail() -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = "Jörg Müller <joerg@example.org>"
    mail["To"] = "Ann <ann@example.org>, bob@example.net"
    mail["Subject"] = "Grüße, 日本語 " + "lang " * 30 + "Ende"
    mail.set_content("Hällo\nzweite Zeile\n")
    mail.add_alternative("<p>Hällo <img src='cid:pic@x'></p>\n", subtype="html")
    mail.get_payload()[1].add_related(b"\x89PNG" * 50, "image", "png", cid="<pic@x>")  # type: ignore[index,union-attr]
    mail.add_attachment(bytes(range(256)) * 40, "application", "pdf", filename="Rechnung Nº 5, endgültig.pdf")
    mail.add_attachment("a,b\r\n1,2\r\n", subtype="csv", filename="table.csv")
    return mail.as_bytes()


def stdlib_view(octets: bytes) -> tuple[str, str, list[tuple[str, str]]]:
    mail = BytesParser(policy=policy.default).parsebytes(octets)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    files = []
    for part in mail.walk():
        if part.get_filename() or part.get_content_maintype() == "image":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            files.append((part.get_filename() or "", hashlib.sha256(payload).hexdigest()))
    return str(mail["Subject"]), text.replace("\r\n", "\n").strip(), sorted(files)


def our_view(octets: bytes) -> tuple[str, str, list[tuple[str, str]]]:
    message = message_from_mail(octets)
    files = []
    for each in message.attachments:
        assert each.data is not None
        digest = hashlib.sha256(b"".join(each.data.chunks())).hexdigest()
        name = each.properties.text(tags.PidTagAttachLongFilename)
        files.append(("" if name.startswith("ATT0") else name, digest))
    return (
        message.properties.text(tags.PidTagSubject),
        message.properties.text(tags.PidTagBody).replace("\r\n", "\n").strip(),
        sorted(files),
    )


def test_subject_body_and_files_are_those_of_the_standard_library(checked: Check) -> None:
    octets = rich_mail()
    checked(octets)

    assert our_view(octets) == stdlib_view(octets)


def test_the_standard_library_reads_what_is_written() -> None:
    octets = rich_mail()
    written = octets_from_message(message_from_mail(octets))

    assert stdlib_view(written)[:2] == stdlib_view(octets)[:2]
    names = [name for name, _ in stdlib_view(written)[2]]
    assert INVOICE in names
    assert sorted(digest for _, digest in our_view(written)[2]) == sorted(d for _, d in our_view(octets)[2])


#: Of the corpus: where the standard library sees another subject or other texts, and why.
DIFFERENT = {
    "bare-cr": "the library ends lines at a bare CR",
    "huge-header-line": "a text is cut after 8192 characters here",
    "nul": "controls become blanks here",
    "encoded-words": "characters split between words are joined here",
    "eight-bit-latin1": "undeclared 8-bit octets are guessed here",
    "eight-bit-utf8": "undeclared UTF-8 is read as such here",
}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in DIFFERENT])
def test_subjects_of_the_corpus_agree(name: str, corpus: dict[str, bytes]) -> None:
    parsed: ParsedMessage = BytesParser(policy=policy.compat32).parsebytes(corpus[name])
    subject = parsed["Subject"]
    if not isinstance(subject, str) or "=?" in subject or "\ufffd" in subject:
        return
    ours = message_from_mail(corpus[name]).properties.text(tags.PidTagSubject)
    assert " ".join(ours.split()) == " ".join(subject.split())
