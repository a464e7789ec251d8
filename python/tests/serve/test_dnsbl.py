"""A list of the DNS, asked on a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.resolver import Resolver

from gromox.base.clock import ManualClock
from gromox.codec.haproxy import SIGNATURE
from gromox.serve import dnsbl
from gromox.serve.dnsbl import Blocklist
from tests.serve.conftest import Line, Running
from tests.serve.cores import LineCore
from tests.support.server import PATIENCE

LISTED = {"9.2.0.8.list.test.": "127.0.0.2", f"{'0.' * 24}0.0.7.4.1.0.0.2.list.test.": "127.0.0.4"}
INVENTED = "7.2.0.8.list.test."


@dataclass
class NameServer:
    """Answers for list.test."""

    sock: socket.socket
    asked: list[str] = field(default_factory=list)
    silent: bool = False

    def serve(self) -> None:
        while True:
            octets, client = self.sock.recvfrom(4096)
            if not octets:
                return
            query = dns.message.from_wire(octets)
            name = query.question[0].name.to_text()
            self.asked.append(name)
            if self.silent:
                continue
            answer = dns.message.make_response(query)
            told = {**LISTED, INVENTED: "192.0.2.80"}.get(name)
            if told is None:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            else:
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", told))
            self.sock.sendto(answer.to_wire(), client)


@pytest.fixture
def names() -> Iterator[NameServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        server = NameServer(sock)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        yield server
        sock.sendto(b"", sock.getsockname())
        thread.join(PATIENCE)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def blocklist(names: NameServer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Blocklist:
    monkeypatch.setattr(dnsbl, "PATIENCE", PATIENCE)
    resolver = Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], names.sock.getsockname()[1]
    return Blocklist("list.test", clock, resolver)


def test_listed_addresses(blocklist: Blocklist) -> None:
    assert blocklist.is_listed("8.0.2.9")
    assert not blocklist.is_listed("8.0.2.8")
    assert not blocklist.is_listed("8.0.2.7")  # 192.0.2.80 is no answer of a list
    assert blocklist.is_listed("2001:4700::")


def test_an_answer_is_remembered_for_some_time(
    blocklist: Blocklist, names: NameServer, clock: ManualClock
) -> None:
    assert blocklist.remembered("8.0.2.9") is None
    blocklist.is_listed("8.0.2.9")
    assert blocklist.remembered("8.0.2.9") is True
    clock.advance(dnsbl.LIFETIME + 1)
    assert blocklist.remembered("8.0.2.9") is None
    assert len(names.asked) == 1


def test_what_is_remembered_is_bounded(blocklist: Blocklist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dnsbl, "MOST_REMEMBERED", 2)
    for address in ("8.0.2.1", "8.0.2.2", "8.0.2.3"):
        blocklist.is_listed(address)
    assert blocklist.remembered("8.0.2.1") is None
    assert blocklist.remembered("8.0.2.3") is False


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "fe80::1", "local"])
def test_nobody_is_asked_about_private_addresses(
    blocklist: Blocklist, names: NameServer, address: str
) -> None:
    assert blocklist.remembered(address) is False
    assert not names.asked


def test_a_list_that_is_away_locks_nobody_out(
    blocklist: Blocklist, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dnsbl, "PATIENCE", 0.2)
    names.silent = True
    assert not blocklist.is_listed("8.0.2.9")


def test_who_is_listed_is_refused(serve: Callable[..., Running], blocklist: Blocklist) -> None:
    running = serve(LineCore, proxied=True, blocklist=blocklist)
    for address, said in ((bytes([8, 0, 2, 9]), "not you"), (bytes([8, 0, 2, 8]), "hello")):
        client = Line(socket.create_connection(("127.0.0.1", running.port)))
        running.clients.append(client)
        client.sock.sendall(SIGNATURE + bytes.fromhex("2111 000c") + address + bytes(8))
        assert client.hear() == said
