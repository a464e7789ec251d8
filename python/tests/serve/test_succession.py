from __future__ import annotations

import json
import os
import socket

import pytest

from gromox.serve import intercom, succession
from gromox.serve.offspring import Child, State
from gromox.serve.shares import Shares
from gromox.serve.succession import Estate, SuccessionError


def inherited(fd: int, monkeypatch: pytest.MonkeyPatch, pid: int = 0) -> Estate | None:
    monkeypatch.setenv("GROMOX_ESTATE", f"{pid or os.getpid()} {fd}")
    estate, is_rehearsal = succession.inherit()
    assert not is_rehearsal
    assert "GROMOX_ESTATE" not in os.environ
    return estate


def duplicate(sock: socket.socket) -> socket.socket:
    return socket.socket(fileno=os.dup(sock.fileno()))


def test_what_is_left_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    ours, theirs = intercom.pair()
    shares = Shares()
    child = Child(4711, duplicate(ours), 3, shares.free({1}), State.SERVING)
    child.share.gain()
    child.waiting.append({"kind": "told"})
    left = Estate(3, [duplicate(listening)], shares, None, "", {4711: child}, {})
    with ours, theirs, listening:
        found = inherited(left.written(), monkeypatch)

        assert found is not None
        assert found.generation == 3
        assert found.sockets[0].getsockname() == listening.getsockname()
        assert found.figures is None
        worker = found.children[4711]
        assert (worker.state, worker.share.row, worker.share.count) == (State.SERVING, 2, 1)
        child.share.gain()  # it is the same table, not another one like it
        assert worker.share.count == 2
        assert worker.waiting == [{"kind": "told"}]
        intercom.send(theirs, {"kind": "ready"})
        assert intercom.receive(worker.channel) == {"kind": "ready"}
        for fd in found.descriptors():
            assert not os.get_inheritable(fd)
    # Descriptors are those of before: they were taken over, not opened again.
    for sock in (found.sockets[0], worker.channel):
        sock.close()
    shares.close()
    left.sockets[0].detach()
    child.channel.detach()


def test_what_is_left_cannot_be_changed() -> None:
    fd = Estate().written()
    with pytest.raises(PermissionError):
        os.write(fd, b"x")
    os.close(fd)


def test_another_protocol_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fd = os.memfd_create("test")
    os.write(fd, json.dumps({"protocol": succession.PROTOCOL + 1}).encode())
    with pytest.raises(SuccessionError, match="without a restart"):
        inherited(fd, monkeypatch)


def test_what_was_left_to_another_process_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert inherited(0, monkeypatch, pid=os.getpid() + 1) is None
