"""What the intake says: one table of answers, as values.

Spec:
    RFC 5321 4.2 (codes), RFC 2034 and RFC 3463 (enhanced codes; never on greetings, HELO, EHLO, LHLO and
    354).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; ``status`` is the enhanced code or empty."""

    code: int
    status: str
    text: str
    more: tuple[str, ...] = ()  #: lines after the first

    def encode(self) -> bytes:
        """Return the octets of the answer."""
        lines = [self.text, *self.more]
        status = f"{self.status} " if self.status else ""
        shown = [f"{self.code}-{status}{line}" for line in lines[:-1]]
        return "\r\n".join([*shown, f"{self.code} {status}{lines[-1]}", ""]).encode("utf-8", "replace")


OK: Final = Reply(250, "2.0.0", "OK")
SENDER_OK: Final = Reply(250, "2.1.0", "sender OK")
RECIPIENT_OK: Final = Reply(250, "2.1.5", "recipient OK")
START_MAIL: Final = Reply(354, "", "go ahead, end with a line that holds a dot")
GOODBYE: Final = Reply(221, "2.0.0", "goodbye")
START_TLS: Final = Reply(220, "2.0.0", "ready to start TLS")
CANNOT_VERIFY: Final = Reply(252, "2.0.0", "send some mail, it will be tried")
HELP: Final = Reply(
    214,
    "2.0.0",
    "commands: HELO EHLO LHLO STARTTLS MAIL RCPT DATA BDAT RSET NOOP QUIT HELP VRFY",
    ("the mail system is described in RFC 5321 and RFC 2033",),
)

TIMED_OUT: Final = Reply(421, "4.4.2", "no command came for too long, closing")
TOO_MANY_ERRORS: Final = Reply(421, "4.7.0", "too many errors, closing")
CANNOT_FOLLOW: Final = Reply(421, "4.5.2", "the length of that chunk is not understood, closing")
INTERNAL_ERROR: Final = Reply(451, "4.3.0", "an error of this server, try again later")
SPOOL_FAILS: Final = Reply(451, "4.3.0", "the mail cannot be stored at the moment")
NO_SPACE: Final = Reply(452, "4.3.1", "no space left to store the mail, try again later")
DIRECTORY_FAILS: Final = Reply(451, "4.4.3", "recipients cannot be looked up at the moment")
TOO_MANY_RECIPIENTS: Final = Reply(452, "4.5.3", "too many recipients, send the mail to the others later")

SYNTAX: Final = Reply(500, "5.5.2", "that command is not understood")
UNKNOWN_COMMAND: Final = Reply(500, "5.5.1", "there is no such command")
LINE_TOO_LONG: Final = Reply(500, "5.5.6", "that line is too long")
BARE_LF: Final = Reply(500, "5.5.2", "lines end with CR LF")
BAD_ARGUMENT: Final = Reply(501, "5.5.4", "that argument is not understood")
BAD_SENDER: Final = Reply(501, "5.1.7", "that is not an address: write MAIL FROM:<user@example.com>")
BAD_RECIPIENT: Final = Reply(501, "5.1.3", "that is not an address: write RCPT TO:<user@example.com>")
NOT_IMPLEMENTED: Final = Reply(502, "5.5.1", "that command is not available here")
HELLO_FIRST: Final = Reply(503, "5.5.1", "say EHLO or LHLO first")
MAIL_FIRST: Final = Reply(503, "5.5.1", "say MAIL first")
NOT_WITHIN_MAIL: Final = Reply(503, "5.5.1", "not while a mail is handed in; RSET ends it")
NESTED_MAIL: Final = Reply(503, "5.5.1", "there is a sender already; RSET begins anew")
NO_RECIPIENTS: Final = Reply(503, "5.5.1", "no valid recipients")
ALREADY_TLS: Final = Reply(503, "5.5.1", "TLS is active already")
DATA_AND_BDAT: Final = Reply(503, "5.5.1", "DATA cannot follow BDAT")
TLS_FIRST: Final = Reply(530, "5.7.0", "say STARTTLS first")
NOT_BELIEVED: Final = Reply(550, "5.7.0", "that is not for you to say")
NO_SUCH_USER: Final = Reply(550, "5.1.1", "no such user here")
DISABLED: Final = Reply(550, "5.2.1", "that mailbox is disabled")
NO_RELAY: Final = Reply(550, "5.7.1", "mail for that domain is not accepted here")
TOO_LARGE: Final = Reply(552, "5.3.4", "the mail is larger than the limit")
NEEDS_SMTPUTF8: Final = Reply(553, "5.6.7", "an address outside ASCII needs SMTPUTF8")
LOOP: Final = Reply(554, "5.4.6", "the mail goes round in a loop: it passed through too many systems")
BAD_PARAMETER: Final = Reply(555, "5.5.4", "that parameter is not available here")
