"""winmail.dat, .msg and PST files: no exception, fixed points; tnefparse and olefile as second opinions."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import olefile
import pytest
import tnefparse

from gromox.base.errors import ParseError
from gromox.convert.contact import messages_from_vcards, vcard_from_message
from gromox.convert.mail import octets_from_message
from gromox.convert.mt import FolderFrame, MessageFrame, MtWriter, read_frame
from gromox.convert.msg import read_msg, write_msg
from gromox.convert.tnef import read_tnef, write_tnef
from gromox.mapi import tags
from gromox.mapi.message import Message
from gromox.tools.mt.report import Report
from tests.corpora.conftest import Findings, digest, files_of

KIND = "outlook"
SHORTEST = 64


def exercise(message: Message, findings: Findings) -> None:
    """Write a message in every form."""
    octets = octets_from_message(message)
    assert octets
    once = write_tnef(message)
    again = read_tnef(once, strict=True)
    assert write_tnef(read_tnef(write_tnef(again), strict=True)) == write_tnef(again)
    filed = write_msg(again)
    assert write_msg(read_msg(filed)) == filed
    kind = message.properties.text(tags.PidTagMessageClass)
    if kind in ("IPM.Contact", "IPM.DistList"):
        card = vcard_from_message(message)
        (read,) = messages_from_vcards(card)
        assert vcard_from_message(read) == card
        findings.counts["contacts"] += 1


@pytest.mark.timeout(600)
def test_winmail_dat(findings: Findings) -> None:
    for path in files_of("tnef"):
        octets = path.read_bytes()
        try:
            message = read_tnef(octets)
        except ParseError:
            findings.counts["no TNEF"] += 1
            continue
        findings.counts["TNEF"] += 1
        exercise(message, findings)
        if len(octets) < SHORTEST:
            # A file made to that end has tnefparse take all memory there is.
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                other = tnefparse.TNEF(octets)
        except Exception:  # noqa: BLE001 - it raises whatever it likes
            findings.counts["TNEF that tnefparse cannot read"] += 1
            continue
        theirs = sorted(
            bytes(each.data) for each in other.attachments if isinstance(each.data, bytes) and each.data
        )
        ours = [b"".join(each.data.chunks()) for each in message.attachments if each.data is not None]
        missing = [
            data for data in theirs if data not in ours and not any(data.endswith(one) for one in ours if one)
        ]
        embedded = sum(each.embedded is not None for each in message.attachments)
        if len(missing) > embedded:
            findings.differs(digest(octets), "attachments", (path.name, len(theirs), len(ours), embedded))


@pytest.mark.timeout(600)
def test_msg(findings: Findings) -> None:
    for path in files_of("msg"):
        octets = path.read_bytes()
        try:
            message = read_msg(octets)
        except ParseError as error:
            findings.differs(digest(octets), "cannot be read", (path.name, str(error)))
            continue
        findings.counts["msg"] += 1
        exercise(message, findings)
        try:
            with olefile.OleFileIO(io.BytesIO(octets)) as file:
                subject = file.openstream("__substg1.0_0037001F").read().decode("utf-16-le").rstrip("\0")
                attached = [entry for entry in file.listdir(streams=False, storages=True) if len(entry) == 1]
        except OSError:
            findings.counts["msg without subject for olefile"] += 1
            continue
        count = sum(entry[0].startswith("__attach_version1.0_") for entry in attached)
        if subject != message.properties.text(tags.PidTagSubject):
            findings.differs(digest(octets), "subject", path.name)
        if count != len(message.attachments):
            findings.differs(digest(octets), "attachments", (path.name, count, len(message.attachments)))


@pytest.mark.timeout(600)
def test_pst(findings: Findings, tmp_path: Path) -> None:
    pytest.importorskip("pypff", reason="libpff-python is not installed")
    from gromox.tools.pff.archive import Archive, PffOptions

    for path in files_of("pst"):
        octets = path.read_bytes()
        with Report("test", path=tmp_path / "skipped") as report:
            for splice in (False, True):
                writer = MtWriter()
                for found in Archive(path, PffOptions(splice=splice, with_hidden=splice)).frames(report):
                    frame = found.frame
                    if isinstance(frame, FolderFrame):
                        findings.counts["folders"] += 1
                        continue
                    assert isinstance(frame, MessageFrame)
                    *_, body = _frames(b"".join(writer.message(frame)))
                    assert isinstance(read_frame(body, {}), MessageFrame)
                    exercise(frame.message, findings)
                    findings.counts["items"] += 1
        if report.skipped:
            findings.differs(digest(octets), "skipped", (tmp_path / "skipped").read_text()[:200])


def _frames(octets: bytes) -> list[bytes]:
    found = []
    while octets:
        size = int.from_bytes(octets[:8], "little")
        found.append(octets[8 : 8 + size])
        octets = octets[8 + size :]
    return found
