"""The channel between a parent and one worker: messages of JSON, a connection attached to some.

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


def send(channel: socket.socket, message: Message, attached: socket.socket | None = None) -> bool:
    """Send a message; return False if the other side does not take any at the moment, or is gone."""
    octets = json.dumps(message, separators=(",", ":")).encode()
    try:
        if attached is None:
            channel.send(octets)
        else:
            socket.send_fds(channel, [octets], [attached.fileno()])
    except (BlockingIOError, InterruptedError, ConnectionError):
        return False
    return True


def receive(channel: socket.socket) -> tuple[Message, socket.socket | None] | None:
    """Return the next message and what is attached; None: there is none yet.

    Raises:
        EOFError: the other side is gone.
    """
    try:
        octets, descriptors, _, _ = socket.recv_fds(channel, LARGEST, 1)
    except (BlockingIOError, InterruptedError):
        return None
    except ConnectionError:
        raise EOFError from None
    if not octets:
        raise EOFError
    message: Message = json.loads(octets)
    return message, socket.socket(fileno=descriptors[0]) if descriptors else None
