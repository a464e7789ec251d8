"""Where the system is, who logs in, and how one connects."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.base.secret import Secret

#: Ports by what is spoken there.
PORTS: Final[Mapping[str, int]] = {
    "smtp": 25,
    "submission": 587,
    "submissions": 465,
    "imap": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
    "https": 443,
}
#: On these TLS begins with the first octet.
IMPLICIT_TLS: Final = ("submissions", "imaps", "pop3s", "https")
#: On these it begins after STARTTLS.
STARTTLS: Final = ("smtp", "submission", "imap", "pop3")


@dataclass(frozen=True, slots=True)
class Place:
    """A system to look at."""

    host: str  #: its name, which stands in the certificate
    address: str  #: where to connect
    user: str
    password: Secret
    services: tuple[str, ...]  #: keys of ``ports``
    ports: Mapping[str, int] = field(default_factory=lambda: dict(PORTS))
    ca_file: str | None = None  #: who signs the certificate; None: what the system trusts, "" anybody
    timeout: float = 15.0

    def context(self) -> ssl.SSLContext:
        """Return how TLS is spoken as a client that is careful."""
        if self.ca_file == "":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return context
        return ssl.create_default_context(cafile=self.ca_file)

    def connect(self, service: str) -> socket.socket:
        """Connect to a port; the caller closes."""
        return socket.create_connection((self.address, self.ports[service]), timeout=self.timeout)

    def secured(self, service: str, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Connect and negotiate TLS, after STARTTLS where that is the way; the caller closes."""
        plain = self.connect(service)
        try:
            if service in STARTTLS:
                _start_tls(plain, service)
            return context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def imap(self) -> imaplib.IMAP4:
        """Connect and log in by IMAP over TLS."""
        connection = _Imap(self)
        try:
            connection.login(self.user, self.password.reveal())
        except BaseException:
            connection.shutdown()
            raise
        return connection

    def pop3(self) -> poplib.POP3:
        """Connect and log in by POP3 over TLS."""
        connection = _Pop3(self)
        try:
            connection.user(self.user)
            connection.pass_(self.password.reveal())
        except BaseException:
            connection.close()
            raise
        return connection

    def smtp(self, service: str, *, hello: str = "verify.invalid") -> smtplib.SMTP:
        """Connect, with TLS, and say hello; nobody is logged in."""
        if service == "submissions":
            connection: smtplib.SMTP = _Smtps(self)
            connection.ehlo(hello)
            return connection
        connection = smtplib.SMTP(timeout=self.timeout)
        try:
            return self._greeted(connection, service, hello)
        except BaseException:
            connection.close()
            raise

    def _greeted(self, connection: smtplib.SMTP, service: str, hello: str) -> smtplib.SMTP:
        connection.connect(self.address, self.ports[service])
        # What TLS is checked against is the name, not the address that was connected to.
        connection._host = self.host  # type: ignore[attr-defined]  # noqa: SLF001 - smtplib has no other way
        connection.ehlo(hello)
        connection.starttls(context=self.context())
        connection.ehlo(hello)
        return connection


class _Imap(imaplib.IMAP4):
    """IMAP on a socket of ours: the name of the certificate is not the address."""

    def __init__(self, place: Place) -> None:
        self._place = place
        super().__init__(place.address, place.ports["imaps"], place.timeout)

    def _create_socket(self, timeout: float | None) -> socket.socket:  # noqa: ARG002 - of the class above
        return self._place.secured("imaps", self._place.context())


class _Pop3(poplib.POP3):
    """POP3, likewise."""

    def __init__(self, place: Place) -> None:
        self._place = place
        super().__init__(place.address, place.ports["pop3s"], place.timeout)

    def _create_socket(self, timeout: float) -> socket.socket:  # noqa: ARG002 - of the class above
        return self._place.secured("pop3s", self._place.context())


class _Smtps(smtplib.SMTP):
    """SMTP over TLS from the first octet, likewise."""

    def __init__(self, place: Place) -> None:
        self._place = place
        super().__init__(timeout=place.timeout)
        self.connect(place.address, place.ports["submissions"])

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002 - likewise
        return self._place.secured("submissions", self._place.context())


#: What a client says, and how the answer to go on begins.
_REQUESTS: Final[Mapping[str, tuple[tuple[bytes, bytes], ...]]] = {
    "smtp": ((b"", b"220"), (b"EHLO verify.invalid\r\n", b"250 "), (b"STARTTLS\r\n", b"220")),
    "submission": ((b"", b"220"), (b"EHLO verify.invalid\r\n", b"250 "), (b"STARTTLS\r\n", b"220")),
    "imap": ((b"", b"* OK"), (b"a STARTTLS\r\n", b"a OK")),
    "pop3": ((b"", b"+OK"), (b"STLS\r\n", b"+OK")),
}


def _start_tls(plain: socket.socket, service: str) -> None:
    with plain.makefile("rb") as lines:
        for said, wanted in _REQUESTS[service]:
            plain.sendall(said)
            line = lines.readline(4096)
            while line[3:4] == b"-":
                line = lines.readline(4096)
            if not line.startswith(wanted):
                raise OSError(f"no STARTTLS: {line.decode('utf-8', 'replace').strip()}")
