"""Real mails: no exception, fixed points, and the standard library's parser as a second opinion."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections import Counter
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest

from gromox.convert.mail import BodyMode, Options, message_from_mail, octets_from_message
from gromox.mapi import tags
from gromox.mapi.message import Message
from tests.convert.mail.conftest import described
from tests.corpora.conftest import Findings, digest, files_of

KIND = "mail"
STORED = Options(body=BodyMode.STORED, with_bcc=True)
BLANKS = re.compile(rb"\s+")
NOT_TYPE = re.compile(r"[;\s]")
#: Everything but printable ASCII: programs disagree on octets that no charset is told for.
NOT_ASCII = re.compile(r"[^!-~]+")


def mails() -> list[bytes]:
    found = []
    for path in files_of(KIND):
        octets = path.read_bytes()
        # The separator of an mbox file is no part of a mail.
        found.append(octets.partition(b"\n")[2] if octets.startswith(b"From ") else octets)
    return found


@pytest.mark.timeout(1800)
def test_what_is_written_is_read_again(findings: Findings) -> None:
    for octets in mails():
        findings.counts["mails"] += 1
        first = message_from_mail(octets)
        written = octets_from_message(first, options=STORED)
        second = message_from_mail(written)
        if octets_from_message(second, options=STORED) != written:
            findings.differs(digest(octets), "written again", "")
        if described(first) != described(second):
            findings.differs(digest(octets), "read again", first.properties.text(tags.PidTagSubject))


def plain(text: str) -> str:
    return NOT_ASCII.sub("", text)


def solid(octets: bytes) -> str:
    return hashlib.sha256(BLANKS.sub(b"", octets)).hexdigest()


def contents(message: Message, texts: list[str], pages: list[bytes], attached: Counter[str]) -> None:
    """Collect texts, pages and digests of all that a message holds."""
    texts.append(message.properties.text(tags.PidTagBody))
    pages.append(message.properties.typed(tags.PidTagHtml, bytes, b""))
    for attachment in message.attachments:
        if attachment.embedded is not None:
            contents(attachment.embedded, texts, pages, attached)
        elif attachment.data is not None:
            attached[solid(b"".join(attachment.data.chunks()))] += 1


@pytest.mark.timeout(1800)
def test_the_standard_library_agrees(findings: Findings) -> None:
    for octets in mails():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compare(octets, findings)


def compare(octets: bytes, findings: Findings) -> None:
    name = digest(octets)
    message = message_from_mail(octets)
    findings.counts["mails"] += 1
    parsed = BytesParser(policy=policy.default).parsebytes(octets)
    assert isinstance(parsed, EmailMessage)
    try:
        subject = str(parsed["subject"] or "")
    except (ValueError, IndexError, AttributeError, TypeError):
        findings.counts["subjects the library cannot read"] += 1
        subject = message.properties.text(tags.PidTagSubject)
    ours = message.properties.text(tags.PidTagSubject)
    if plain(subject) != plain(ours):
        findings.differs(name, "subject", f"{subject[:60]!r} is {ours[:60]!r}")
    elif subject.split() != ours.split():
        findings.counts["subjects by charset"] += 1
    else:
        findings.counts["subjects"] += 1
    kind = message.properties.text(tags.PidTagMessageClass)
    if "SMIME" in kind or kind.startswith("REPORT"):
        # One attachment that is opaque; texts that properties stand for.
        findings.counts["opaque mails and reports"] += 1
        return
    texts: list[str] = []
    pages: list[bytes] = []
    attached: Counter[str] = Counter()
    contents(message, texts, pages, attached)
    whole = plain("".join(texts))
    shown = ["".join(map(chr, page)) for page in pages]
    for part in parsed.walk():
        if not part.is_multipart():
            compare_part(part, name, (whole, shown, attached), findings)


def compare_part(
    part: EmailMessage, name: str, ours: tuple[str, list[str], Counter[str]], findings: Findings
) -> None:
    whole, pages, attached = ours
    try:
        octets = part.get_payload(decode=True)
    except (ValueError, AssertionError, UnicodeError):
        findings.counts["parts the library cannot read"] += 1
        return
    assert isinstance(octets, bytes)
    if attached[solid(octets)]:
        findings.counts["attachments"] += 1
        return
    text = plain("".join(map(chr, octets)))
    if part.get_content_maintype() == "text" and (not text or any(text in plain(page) for page in pages)):
        findings.counts["pages"] += 1
        return
    try:
        decoded = plain(str(part.get_content())) if part.get_content_maintype() == "text" else text
    except (LookupError, ValueError, AssertionError, KeyError):
        decoded = text
    if part.get_content_maintype() == "text" and (
        decoded in whole or any(decoded in plain(p) for p in pages)
    ):
        findings.counts["texts"] += 1
        return
    kind = NOT_TYPE.split(part.get_content_type())[0][:40]
    findings.differs(name, kind, f"{len(octets)} octets {text[:50]}")
