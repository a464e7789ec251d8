"""Mail for other systems leaves through ``outgoing_smtp_url``: the local sendmail program or an SMTP server.

Blocking, in the worker's thread; the standard library does the talking. The next system takes
responsibility with its answer; a crash between that answer and our note of it sends the mail twice, which
SMTP allows and loss does not.
"""

from __future__ import annotations

import smtplib
import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from gromox.base.log import get_logger
from gromox.delivery import outcome
from gromox.delivery.outcome import Fate, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_log = get_logger("relay")
_TIMEOUT: Final = 300.0
_PORTS: Final = {"smtp": 25, "smtp+tls": 25, "smtp+unverifiedtls": 25, "smtps": 465}
#: Exit codes of sendmail that mean "never", from sysexits.h.
_NO_USER: Final = 67
_NO_HOST: Final = 68
_NO_PERMISSION: Final = 77
_PERMANENT_EXITS: Final = frozenset({_NO_USER, _NO_HOST, _NO_PERMISSION})
_TEMPORARY: Final = range(400, 500)


@dataclass(frozen=True, slots=True)
class Handed:
    """The answer of the other system; recipients that are not among ``refused`` are its affair now."""

    refused: Mapping[str, Reason]
    host: str = ""


class Relay(Protocol):
    """A way out."""

    def hand_over(self, sender: str, recipients: Sequence[str], mail: bytes) -> Handed:
        """Pass a mail on to the next system."""
        ...


class Sendmail:
    """The sendmail program of this machine (Postfix has one)."""

    def __init__(self, program: str = "/usr/sbin/sendmail") -> None:
        """Use ``program``."""
        self._program = program

    def hand_over(self, sender: str, recipients: Sequence[str], mail: bytes) -> Handed:
        """Pass a mail on; the program takes all recipients or none."""
        command = [self._program, "-i", "-f", sender or "<>", "--", *recipients]
        try:
            done = subprocess.run(command, input=mail, capture_output=True, timeout=_TIMEOUT, check=False)  # noqa: S603 - arguments, no shell
        except (OSError, subprocess.TimeoutExpired) as error:
            _log.error("sendmail cannot be run", program=self._program, reason=error)
            return Handed(dict.fromkeys(recipients, outcome.RELAY_FAILS))
        if not done.returncode:
            return Handed({})
        said = done.stderr.decode("utf-8", "replace").strip()[:500]
        _log.warning("sendmail refuses", code=done.returncode, said=said)
        if done.returncode in _PERMANENT_EXITS:
            return Handed(
                dict.fromkeys(recipients, Reason(Fate.NEVER, "5.0.0", said or "The mail was refused."))
            )
        return Handed(dict.fromkeys(recipients, outcome.RELAY_FAILS))


class SmtpServer:
    """An SMTP server, in clear or under TLS."""

    def __init__(self, host: str, port: int, *, scheme: str = "smtp", hello: str = "localhost") -> None:
        """Use ``host``; the scheme is one of those of ``outgoing_smtp_url``."""
        self._host, self._port, self._scheme, self._hello = host, port, scheme, hello

    def hand_over(self, sender: str, recipients: Sequence[str], mail: bytes) -> Handed:
        """Pass a mail on."""
        try:
            with self._connect() as server:
                return Handed(_transact(server, sender, recipients, mail), self._host)
        except smtplib.SMTPResponseException as error:
            reason = _reason(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            _log.warning("outgoing mail system fails", host=self._host, port=self._port, reason=error)
            reason = outcome.RELAY_FAILS
        return Handed(dict.fromkeys(recipients, reason), self._host)

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._scheme == "smtps":
            return smtplib.SMTP_SSL(self._host, self._port, self._hello, timeout=_TIMEOUT, context=context)
        server = smtplib.SMTP(self._host, self._port, self._hello, timeout=_TIMEOUT)
        if self._scheme != "smtp":
            if self._scheme == "smtp+unverifiedtls":
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server


def _transact(
    server: smtplib.SMTP, sender: str, recipients: Sequence[str], mail: bytes
) -> Mapping[str, Reason]:
    server.ehlo_or_helo_if_needed()
    options = []
    international = not (sender + "".join(recipients)).isascii()
    if international and not server.has_extn("smtputf8"):
        reason = Reason(Fate.NEVER, "5.6.7", "The next system does not take addresses outside ASCII.")
        return dict.fromkeys(recipients, reason)
    if international:
        options.append("SMTPUTF8")
        server.command_encoding = "utf-8"
    if server.has_extn("8bitmime") and not mail.isascii():
        options.append("BODY=8BITMIME")
    if server.has_extn("size"):
        options.append(f"size={len(mail)}")
    _expect(*server.mail(sender, options))
    refused: dict[str, Reason] = {}
    for recipient in recipients:
        code, said = server.rcpt(recipient)
        if code not in (250, 251):
            refused[recipient] = _reason(code, said)
    if len(refused) < len(recipients):
        _expect(*server.data(mail))
    return refused


def _expect(code: int, said: bytes) -> None:
    if code != 250:  # noqa: PLR2004 - the code of the protocol
        raise smtplib.SMTPResponseException(code, said)


def _reason(code: int, said: bytes | str) -> Reason:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    status, _, rest = text.partition(" ")
    is_status = status.count(".") == 2 and status.replace(".", "").isdigit()  # noqa: PLR2004 - x.y.z
    fate = Fate.LATER if code in _TEMPORARY or code < 0 else Fate.NEVER
    default = "4.0.0" if fate is Fate.LATER else "5.0.0"
    return Reason(fate, status if is_status else default, f"{code} {rest if is_status else text}"[:500])


def relay_of(url: str, *, hello: str) -> Relay:
    """Return the way out that ``outgoing_smtp_url`` names.

    Raises:
        ValueError: it names none.
    """
    parts = urlsplit(url)
    if parts.scheme == "sendmail":
        return Sendmail()
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{url!r}: write sendmail://localhost or smtp://host:port")
    return SmtpServer(parts.hostname, parts.port or _PORTS[parts.scheme], scheme=parts.scheme, hello=hello)
