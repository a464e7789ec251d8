from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gromox.base.optionvalues import Endpoint
from gromox.serve.listener import ListenError, bind, bind_unix


def test_the_ipv6_wildcard_takes_ipv4_too() -> None:
    with bind(Endpoint("::", 0)) as sock:
        port = sock.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
        socket.create_connection(("::1", port)).close()


def test_an_ipv4_address_in_its_ipv6_form_is_bound_as_ipv4() -> None:
    with bind(Endpoint("::ffff:127.0.0.1", 0)) as sock:
        assert sock.family == socket.AF_INET


def test_a_used_port_is_named_with_advice() -> None:
    with bind(Endpoint("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(
            ListenError, match=rf"\[127\.0\.0\.1\]:{port}.*used by another process.*choose another"
        ):
            bind(Endpoint("127.0.0.1", port))


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(ListenError, match="does not have that address"):
        bind(Endpoint("192.0.2.1", 0))


def test_workers_share_a_port() -> None:
    with bind(Endpoint("127.0.0.1", 0), reuse_port=True) as first:
        bind(Endpoint("127.0.0.1", first.getsockname()[1]), reuse_port=True).close()


def test_a_stale_unix_socket_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "event.sock"
    bind_unix(path).close()  # the file stays, nobody listens

    with bind_unix(path), pytest.raises(ListenError, match="another process listens there"):
        bind_unix(path)


def test_a_file_is_never_replaced_by_a_socket(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_text("keep me")

    with pytest.raises(ListenError):
        bind_unix(path)
    assert path.read_text() == "keep me"
