r"""Dialogues as text files, readable by anybody who knows the protocol.

::

    # a comment
    option smtp_support_starttls = true
    C: EHLO client.example
    S: 250-mail.example.test
    S: 250-SIZE ...

``C:`` is a line of the client, ``S:`` one of the server; ``...`` stands for any text. ``C>`` is a line that
is sent together with the following one; ``C+`` sends octets without a line end (``\r``, ``\n`` and ``\x..``
may be written). ``TLS`` expects TLS to begin, ``WAIT`` lets the client be silent for too long, ``CLOSED``
expects the server to have closed. At the end nothing may be left unread.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.drive import Dialogue


def options(file: Path) -> dict[str, str]:
    """Return the settings that a transcript asks for."""
    stated: dict[str, str] = {}
    for line in file.read_text().splitlines():
        if line.startswith("option "):
            name, _, value = line.removeprefix("option ").partition(" = ")
            stated[name] = value
    return stated


def play(file: Path, connect: Callable[[], Dialogue]) -> None:
    """Play a transcript against a new connection."""
    dialogue = connect()
    unread: list[bytes] = []
    held = b""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        where = f"{file.name}:{number}: {line}"
        kind, _, text = line.partition(" ")
        if kind == "C:":
            dialogue.say(held + text.encode() + b"\r\n")
            held = b""
        elif kind == "C>":
            held += text.encode() + b"\r\n"
        elif kind == "C+":
            dialogue.say(text.encode("latin-1").decode("unicode_escape").encode("latin-1"))
        elif kind == "S:":
            if not unread:
                unread = dialogue.read().split(b"\r\n")
                assert unread.pop() == b"", where
            assert unread, f"{where}\nthe server said nothing"
            said = unread.pop(0).decode()
            assert _matches(text, said), f"{where}\nthe server said {said}"
        elif kind == "TLS":
            assert dialogue.secured, where
        elif kind == "WAIT":
            dialogue.wait()
        elif kind == "CLOSED":
            assert dialogue.closed, where
        else:
            assert not line or kind in ("#", "option"), where
    assert unread == [], f"{file.name}: unread {unread}"
    assert dialogue.read() == b"", f"{file.name}: unread at the end"


def _matches(pattern: str, said: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("..."))), said) is not None
