"""Waiting for a server to answer."""

from __future__ import annotations

import socket
import time


def answers(port: int, *, seconds: float = 120.0) -> None:
    """Return as soon as something greets on 127.0.0.1:``port``.

    Raises:
        TimeoutError: nothing did within ``seconds``.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as peer:
                if peer.recv(1):
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")
