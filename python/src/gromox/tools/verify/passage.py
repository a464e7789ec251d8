"""Mail on its way: what arrives, what is refused."""

from __future__ import annotations

import email
import email.policy
import secrets
import smtplib
import time
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import partial
from typing import TYPE_CHECKING, Final

from gromox.tools.verify.point import Point, PointError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.tools.verify.place import Place

#: Seconds that a mail may take from the answer 250 to the mailbox.
ARRIVAL: Final = 60.0
_POLL: Final = 0.5
#: The text that every spam filter has to refuse (https://spamassassin.apache.org/gtube/), in two parts so
#: that this file may itself be mailed.
GTUBE: Final = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
_ELSEWHERE: Final = "somebody@verify.invalid"
_HINT_WAY: Final = "postqueue -p, gromox-mailq and journalctl -u postfix -u gromox-delivery show where it is"
_HINT_FILTER: Final = "systemctl status grommunio-antispam; postconf smtpd_milters"
_HINT_RELAY: Final = "postconf smtpd_relay_restrictions mynetworks; postconf -M submission/inet"


def points(place: Place, *, filtered: bool) -> Iterator[Point]:
    """Return the mails to send.

    Args:
        place: the system.
        filtered: a spam filter is expected.
    """
    if "smtp" in place.services:
        yield Point("mail to port 25 arrives", partial(_arrives, place, filtered=filtered), _HINT_WAY)
        yield Point("port 25 is no open relay", partial(_relays, place), _HINT_RELAY)
        yield Point("port 25 refuses unknown recipients", partial(_unknown, place))
        if filtered:
            yield Point("the filter refuses spam (GTUBE)", partial(_spam, place), _HINT_FILTER)
    for service in ("submission", "submissions"):
        if service not in place.services:
            continue
        yield Point(f"mail of a user by {service} arrives", partial(_submitted, place, service), _HINT_WAY)
        yield Point(
            f"{service} refuses mail without a login", partial(_without_login, place, service), _HINT_RELAY
        )
        yield Point(
            f"{service} refuses foreign sender addresses", partial(_foreign, place, service), _HINT_RELAY
        )


def _mail(place: Place, sender: str, body: str = "This mail is sent by gromox-verify.\n") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, place.user
    message["Subject"] = f"verify {secrets.token_hex(8)}"
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=place.host)
    message.set_content(body)
    return message


def _arrives(place: Place, *, filtered: bool) -> str:
    sent = _mail(place, place.user)
    with place.smtp("smtp", hello=place.host) as connection:
        # From the empty sender: the address of a stranger could be refused for reasons of its domain.
        connection.send_message(sent, from_addr="", to_addrs=[place.user])
    begun = time.monotonic()
    header = _find(place, sent)
    if filtered and header["X-Spam-Status"] is None and header["X-Spamd-Bar"] is None:
        raise PointError("it arrived without the header fields of the filter")
    return f"after {time.monotonic() - begun:.1f} s" + (
        f", X-Spam-Status: {header['X-Spam-Status']}" if filtered else ""
    )


def _submitted(place: Place, service: str) -> str:
    sent = _mail(place, place.user)
    with place.smtp(service) as connection:
        connection.login(place.user, place.password.reveal())
        connection.send_message(sent)
    begun = time.monotonic()
    _find(place, sent)
    return f"after {time.monotonic() - begun:.1f} s"


def _find(place: Place, sent: EmailMessage) -> EmailMessage:
    """Wait for a mail, take it out of the mailbox, and return its header."""
    deadline = time.monotonic() + ARRIVAL
    with place.imap() as connection:
        while True:
            for folder in ("INBOX", '"Junk Email"'):
                if connection.select(folder)[0] != "OK":
                    continue
                found = connection.uid("SEARCH", "HEADER", "Message-ID", sent["Message-ID"])[1][0]
                if found:
                    return _take(connection, found.split()[0].decode())
            if time.monotonic() > deadline:
                raise PointError(f"{sent['Message-ID']} did not arrive within {ARRIVAL:.0f} s")
            time.sleep(_POLL)


def _take(connection: object, uid: str) -> EmailMessage:
    header = connection.uid("FETCH", uid, "BODY.PEEK[HEADER]")[1][0][1]  # type: ignore[attr-defined]
    connection.uid("STORE", uid, "+FLAGS", r"(\Deleted)")  # type: ignore[attr-defined]
    connection.uid("EXPUNGE", uid)  # type: ignore[attr-defined]
    return email.message_from_bytes(header, policy=email.policy.default)


def _relays(place: Place) -> str:
    with place.smtp("smtp", hello=place.host) as connection:
        _refused(connection, "", _ELSEWHERE, "mail to elsewhere")
        return _refused(connection, place.user, _ELSEWHERE, "mail of a user to elsewhere")


def _unknown(place: Place) -> str:
    domain = place.user.partition("@")[2]
    with place.smtp("smtp", hello=place.host) as connection:
        return _refused(connection, "", f"{secrets.token_hex(8)}@{domain}", "an unknown recipient")


def _spam(place: Place) -> str:
    with place.smtp("smtp", hello=place.host) as connection:
        try:
            connection.send_message(
                _mail(place, place.user, GTUBE + "\n"), from_addr="", to_addrs=[place.user]
            )
        except smtplib.SMTPDataError as error:
            return f"{error.smtp_code} {_text(error.smtp_error)}"
    raise PointError("GTUBE was accepted")


def _without_login(place: Place, service: str) -> str:
    with place.smtp(service) as connection:
        return _refused(connection, place.user, place.user, "mail without a login")


def _foreign(place: Place, service: str) -> str:
    with place.smtp(service) as connection:
        connection.login(place.user, place.password.reveal())
        return _refused(connection, _ELSEWHERE, place.user, "a foreign sender")


def _refused(connection: smtplib.SMTP, sender: str, recipient: str, what: str) -> str:
    """Begin a mail; return how it is refused."""
    code, text = connection.mail(sender)
    if 200 <= code < 300:  # noqa: PLR2004 - a positive completion reply, RFC 5321 4.2.1
        code, text = connection.rcpt(recipient)
    connection.rset()
    if code < 500:  # noqa: PLR2004 - a permanent negative reply, likewise
        raise PointError(f"{what} is answered with {code} {_text(text)}")
    return f"{code} {_text(text)}"


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
