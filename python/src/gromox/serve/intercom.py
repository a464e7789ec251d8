"""The channel between a parent and one worker: messages of JSON.

A message is one datagram of a ``SOCK_SEQPACKET`` pair, so a process that dies leaves no half of one. Neither
side waits for the other: a channel that is full says so.
"""

from __future__ import annotations

import json
import socket
from typing import Any, Final, TypeAlias

#: Octets of the largest message: the metrics of a worker.
LARGEST: Final = 192 << 10

Message: TypeAlias = "dict[str, Any]"


def pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a channel."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST * 2)
    return ends


def send(channel: socket.socket, message: Message) -> bool:
    """Send a message; return False if the other side does not take any at the moment, or is gone."""
    try:
        channel.send(json.dumps(message, separators=(",", ":")).encode())
    except (BlockingIOError, InterruptedError, ConnectionError):
        return False
    return True


def receive(channel: socket.socket) -> Message | None:
    """Return the next message; None: there is none yet.

    Raises:
        EOFError: the other side is gone.
    """
    try:
        octets = channel.recv(LARGEST)
    except (BlockingIOError, InterruptedError):
        return None
    except ConnectionError:
        raise EOFError from None
    if not octets:
        raise EOFError
    message: Message = json.loads(octets)
    return message
