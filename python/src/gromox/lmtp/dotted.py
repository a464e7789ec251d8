"""Transparency of DATA (RFC 5321 4.5.2): find the end, remove the stuffed dots; without a loop over lines."""

from __future__ import annotations

from typing import Final

_END: Final = b"\r\n.\r\n"
#: A chunk may end inside of ``_END``; so much of it is held back until more comes.
_HELD: Final = tuple(_END[:length] for length in range(len(_END) - 1, 0, -1))


class DotDecoder:
    r"""Takes DATA in chunks of any size.

    A line ends with CR LF and with nothing else: ``\n.\n``, ``\r.\r`` and mixtures are content. Of a line
    that begins with a dot that dot is removed, whether or not another one follows.
    """

    __slots__ = ("_first", "_held")

    def __init__(self) -> None:
        """Begin behind the line that said DATA: a dot may stand in the very first line."""
        self._held = b"\r\n"
        self._first = True

    def feed(self, octets: bytes) -> tuple[bytes, int | None]:
        """Decode some input.

        Returns:
            What it says, and where in ``octets`` the next command begins (None: the end has not come).
        """
        held = self._held
        data = held + octets
        end = data.find(_END)
        if end >= 0:
            content, rest = data[: end + 2], end + len(_END) - len(held)
        else:
            self._held = next((tail for tail in _HELD if data.endswith(tail)), b"")
            content, rest = (data[: -len(self._held)] if self._held else data), None
        content = content.replace(b"\r\n.", b"\r\n")
        if self._first and content:
            self._first = False
            content = content[2:]  # the CR LF we began with
        return content, rest


def encode(content: bytes) -> bytes:
    """Return a mail as DATA transmits it, the end included; the reverse of :class:`DotDecoder`."""
    stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    return stuffed + (b".\r\n" if not content or content.endswith(b"\r\n") else b"\r\n.\r\n")
