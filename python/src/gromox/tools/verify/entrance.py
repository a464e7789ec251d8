"""Logins by each protocol, right ones and wrong ones."""

from __future__ import annotations

import imaplib
import smtplib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from gromox.base.secret import Secret
from gromox.tools.verify.point import Point, PointError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.tools.verify.place import Place

_HINT_SASL: Final = "journalctl -u gromox-sasl -u postfix says why"


def points(place: Place) -> Iterator[Point]:
    """Return the logins to try."""
    if "imaps" in place.services:
        yield Point("a user logs in by IMAPS", partial(_imap, place), "journalctl -u gromox-imap")
        yield Point(
            "a wrong password is refused by IMAPS", partial(_wrong, place), "journalctl -u gromox-imap"
        )
    if "pop3s" in place.services:
        yield Point("a user logs in by POP3S", partial(_pop3, place), "journalctl -u gromox-pop3")
    for service in ("submission", "submissions"):
        if service in place.services:
            yield Point(f"a user logs in by {service}", partial(_submission, place, service), _HINT_SASL)


def _imap(place: Place) -> str:
    with place.imap() as connection:
        status, answer = connection.select("INBOX", readonly=True)
        if status != "OK":
            raise PointError(f"INBOX cannot be opened: {answer!r}")
        return f"INBOX has {(answer[0] or b'?').decode()} messages"


def _wrong(place: Place) -> str:
    try:
        with replace(place, password=Secret("not the password")).imap():
            raise PointError("a wrong password is accepted")
    except imaplib.IMAP4.error as error:
        return str(error)


def _pop3(place: Place) -> str:
    connection = place.pop3()
    try:
        return f"{connection.stat()[0]} messages"
    finally:
        connection.quit()


def _submission(place: Place, service: str) -> str:
    with place.smtp(service) as connection:
        try:
            return connection.login(place.user, place.password.reveal())[1].decode("utf-8", "replace")
        except smtplib.SMTPNotSupportedError:
            raise PointError("no login is offered") from None
