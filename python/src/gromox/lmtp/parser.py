"""From the text of a command to its arguments. Pure: no state, no store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gromox.lmtp import grammar, replies

_MAX_SIZE_DIGITS: Final = 20  # RFC 1870 section 5
_MAX_PARAMETERS: Final = 20


class RefusedError(Exception):
    """The command is refused with this answer."""

    def __init__(self, reply: replies.Reply) -> None:
        """Refuse with ``reply``."""
        super().__init__(reply.text)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class MailFrom:
    """Arguments of MAIL."""

    sender: str  #: "" is the null reverse-path
    size: int = 0  #: as announced, RFC 1870
    options: tuple[str, ...] = ()  #: SMTPUTF8, 8BITMIME


@dataclass(frozen=True, slots=True)
class Chunk:
    """Arguments of BDAT."""

    size: int
    last: bool


def _path(text: str, keyword: str, refusal: replies.Reply) -> tuple[str, str]:
    """Return the address of ``keyword:<address>`` and the parameters."""
    if text[: len(keyword)].upper() != keyword:
        raise RefusedError(refusal)
    match = grammar.PATH.fullmatch(text, len(keyword))
    if match is None:
        raise RefusedError(refusal)
    return match[1], (match[2] or "").rstrip()


def _address(text: str, refusal: replies.Reply, *, utf8: bool) -> str:
    """Return an address in the form in which it is kept: a local part is quoted only when it must be."""
    match = grammar.MAILBOX.fullmatch(text)
    if match is None:
        raise RefusedError(refusal)
    local, domain = match[1], match[2]
    if not (text.isascii() or utf8):
        raise RefusedError(replies.NEEDS_SMTPUTF8)
    if len(local.encode()) > grammar.MAX_LOCAL or len(domain.encode()) > grammar.MAX_DOMAIN:
        raise RefusedError(refusal)
    if local.startswith('"'):
        content = _unquoted(local[1:-1])
        if grammar.PLAIN_LOCAL.fullmatch(content):
            local = content
    return f"{local}@{domain.removesuffix('.')}"


def _unquoted(content: str) -> str:
    plain, escaped = [], False
    for character in content:
        if character == "\\" and not escaped:
            escaped = True
            continue
        plain.append(character)
        escaped = False
    return "".join(plain)


def _parameters(text: str) -> dict[str, str]:
    """Return the parameters of MAIL or RCPT by upper-case keyword."""
    words = text.split()
    found: dict[str, str] = {}
    for word in words[: _MAX_PARAMETERS + 1]:
        match = grammar.PARAMETER.fullmatch(word)
        if match is None or match[1].upper() in found:
            raise RefusedError(replies.BAD_ARGUMENT)
        found[match[1].upper()] = match[2] or ""
    if len(words) > _MAX_PARAMETERS:
        raise RefusedError(replies.BAD_ARGUMENT)
    return found


def parse_mail(text: str, max_size: int) -> MailFrom:
    """Read ``MAIL FROM:<reverse-path> [parameters]``.

    Spec:
        RFC 5321 4.1.1.2; SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531). BODY=BINARYMIME is refused:
        it was not announced.

    Raises:
        RefusedError: with the answer.
    """
    path, rest = _path(text, "FROM:", replies.BAD_SENDER)
    parameters = _parameters(rest)
    options = []
    if "SMTPUTF8" in parameters:
        if parameters.pop("SMTPUTF8"):
            raise RefusedError(replies.BAD_ARGUMENT)
        options.append("SMTPUTF8")
    body = parameters.pop("BODY", "7BIT").upper()
    if body == "8BITMIME":
        options.append("8BITMIME")
    elif body != "7BIT":
        raise RefusedError(replies.BAD_PARAMETER)
    size = parameters.pop("SIZE", "0")
    if not (size.isascii() and size.isdigit()) or len(size) > _MAX_SIZE_DIGITS:
        raise RefusedError(replies.BAD_ARGUMENT)
    if parameters:
        raise RefusedError(replies.BAD_PARAMETER)
    sender = _address(path, replies.BAD_SENDER, utf8="SMTPUTF8" in options) if path else ""
    if int(size) > max_size:
        raise RefusedError(replies.TOO_LARGE)
    return MailFrom(sender, int(size), tuple(options))


def parse_rcpt(text: str, host: str, *, utf8: bool) -> str:
    """Read ``RCPT TO:<forward-path>`` and return the address.

    Spec:
        RFC 5321 4.1.1.3; <Postmaster> without a domain is that of this host (4.5.1). No parameters are known.

    Raises:
        RefusedError: with the answer.
    """
    path, rest = _path(text, "TO:", replies.BAD_RECIPIENT)
    if _parameters(rest):
        raise RefusedError(replies.BAD_PARAMETER)
    if path.lower() == "postmaster":
        path = f"{path}@{host}"
    return _address(path, replies.BAD_RECIPIENT, utf8=utf8)


def parse_hello(text: str) -> str:
    """Return what a client calls itself, fit for a Received field; RFC 5321 4.1.1.1.

    Raises:
        RefusedError: it says nothing.
    """
    name = text.strip()
    if not name:
        raise RefusedError(replies.BAD_ARGUMENT)
    # Clients behind broken set-ups say anything; refusing them helps nobody, but what they say is not let
    # into a header.
    return name[: grammar.MAX_DOMAIN] if grammar.HELLO.fullmatch(name) and name.isascii() else "unknown"


def parse_chunk(text: str) -> Chunk:
    """Read the arguments of BDAT.

    Raises:
        RefusedError: the size is not understood, so that nobody knows where the next command is.
    """
    match = grammar.CHUNK.fullmatch(text.strip())
    if match is None:
        raise RefusedError(replies.CANNOT_FOLLOW)
    return Chunk(int(match[1]), match[2] is not None)


def parse_attributes(text: str) -> dict[str, str]:
    """Read ``XCLIENT ADDR=address [PORT=port]``, in upper case.

    Raises:
        RefusedError: there is no address, or something else.
    """
    told = _parameters(text.upper())
    if "ADDR" not in told or not told.keys() <= {"ADDR", "PORT"}:
        raise RefusedError(replies.BAD_ARGUMENT)
    return told


def parse_nothing(text: str) -> None:
    """Read the arguments of a command that has none.

    Raises:
        RefusedError: there is something.
    """
    if text.strip():
        raise RefusedError(replies.BAD_ARGUMENT)
