"""Who asked with NOTIFY hears of everything; who was away catches up. RFC 5465, RFC 7162."""

from __future__ import annotations

import imaplib
import re
import socket
from contextlib import closing
from typing import TYPE_CHECKING

from tests.support.mail import send, unique
from tests.support.server import HOST
from tests.system.conftest import ALICE

if TYPE_CHECKING:
    from tests.support.server import GromoxServer


class Listener:
    """A connection that reads lines until one matches."""

    def __init__(self, server: GromoxServer) -> None:
        self.socket = socket.create_connection((HOST, server.port("imap")), timeout=60)
        self.file = self.socket.makefile("rwb")
        self.file.readline()
        self.say(f"LOGIN {ALICE} {server.password(ALICE)}")

    def say(self, command: str) -> bytes:
        self.file.write(f"t {command}\r\n".encode())
        self.file.flush()
        return self.hear(rb"t OK")

    def hear(self, pattern: bytes) -> bytes:
        heard = b""
        while not re.search(pattern, heard):
            line = self.file.readline()
            assert line, heard
            heard += line
        return heard

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def test_a_passive_client_knows_everything(server: GromoxServer) -> None:
    other = imaplib.IMAP4(HOST, server.port("imap"))
    other.login(ALICE, server.password(ALICE))
    other.create("Project")
    with closing(Listener(server)) as listener:
        listener.say("ENABLE QRESYNC")
        said = listener.say("SELECT INBOX")
        validity, modseq = (
            re.search(rb"%b ([0-9]+)\]" % code, said) for code in (b"UIDVALIDITY", b"HIGHESTMODSEQ")
        )
        assert validity is not None
        assert modseq is not None
        listener.say(
            "NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge"
            " FlagChange)) (personal (MessageNew MessageExpunge MailboxName))"
        )
        token = unique("notify")
        send(server, token)
        new = listener.hear(re.escape(token.encode()))
        uid = re.search(rb"FETCH \(UID ([0-9]+) ", new)
        assert uid is not None
        assert b" EXISTS" in new

        other.select("INBOX")
        other.uid("STORE", uid[1].decode(), "+FLAGS", r"(\Deleted)")
        listener.hear(rb"FETCH \(UID %b FLAGS \([^)]*\\Deleted" % uid[1])
        other.append("Project", None, None, b"Subject: plan\r\n\r\nx\r\n")
        listener.hear(rb'\* STATUS "?Project"? \(MESSAGES 1 UIDNEXT 2')
        other.rename("Project", "Finished")
        listener.hear(rb'"Finished" \("OLDNAME" \("Project"\)\)')
        other.uid("EXPUNGE", uid[1].decode())
        listener.hear(rb"\* VANISHED %b\r\n" % uid[1])

    with closing(Listener(server)) as again:
        again.say("ENABLE QRESYNC")
        said = again.say(f"SELECT INBOX (QRESYNC ({validity[1].decode()} {modseq[1].decode()}))")
        assert re.search(rb"\* VANISHED \(EARLIER\) .*%b" % uid[1], said)
    other.logout()
