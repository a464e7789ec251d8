"""Mails to send and the means to look for them."""

from __future__ import annotations

import imaplib
import secrets
import smtplib
import ssl
import uuid

from tests.support.server import HOST, PATIENCE, GromoxServer, eventually


def mail(subject: str, *, to: str = "alice@example.test", size: int = 0) -> bytes:
    body = "".join(f"{secrets.token_urlsafe(52)}\r\n" for _ in range(size // 72)) or "Hello.\r\n"
    return (
        f"From: Test <test@example.test>\r\nTo: {to}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{uuid.uuid4()}@example.test>\r\n\r\n{body}"
    ).encode()


def unique(word: str) -> str:
    return f"{word}-{uuid.uuid4().hex[:12]}"


def trusting(server: GromoxServer) -> ssl.SSLContext:
    """Return a client's TLS that trusts exactly this server; host names are checked."""
    return ssl.create_default_context(cafile=str(server.certificate))


def send(server: GromoxServer, subject: str, *, to: str = "alice@example.test", size: int = 0) -> None:
    with smtplib.SMTP(HOST, server.port("smtp"), timeout=PATIENCE) as smtp:
        smtp.sendmail("test@example.test", [to], mail(subject, to=to, size=size))


def imap(server: GromoxServer, user: str = "alice@example.test") -> imaplib.IMAP4_SSL:
    """Return a connection that is logged in and has INBOX selected."""
    found = imaplib.IMAP4_SSL(HOST, server.port("imaps"), ssl_context=trusting(server), timeout=PATIENCE)
    found.login(user, server.password(user))
    found.select("INBOX")
    return found


def arrive(server: GromoxServer, subject: str, user: str = "alice@example.test") -> None:
    """Wait until a mail is in the inbox."""
    with imap(server, user) as connection:

        def is_there() -> bool:
            connection.noop()
            return connection.search(None, "SUBJECT", subject)[1] != [b""]

        eventually(is_there, what=f"arrival of {subject}")
