"""COMPRESS: go on compressed. RFC 4978."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Next, Reply, Status

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.session import Session


def parse_compress(p: Parser) -> bytes:
    """``SP algorithm``."""
    p.space()
    algorithm = p.word()
    p.end()
    return algorithm


@command("COMPRESS", AUTHENTICATED, parse_compress)
def compress(session: Session, algorithm: bytes) -> Reply:
    """Compress both directions after the tagged OK.

    Spec:
        RFC 4978 section 3. Offered after login only: who is not known yet cannot make us keep 64 KiB, nor let
        a password be guessed by the length of what is encrypted.
    """
    if algorithm != b"DEFLATE":
        raise BadCommandError("DEFLATE is the only mechanism")
    if session.compressed:
        return Reply("COMPRESS is active already", code=b"COMPRESSIONACTIVE", status=Status.BAD)
    session.compressed = True
    return Reply("DEFLATE active", next=Next.COMPRESS)
