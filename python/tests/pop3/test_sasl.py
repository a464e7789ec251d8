"""AUTH with SCRAM and with tokens."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gromox.base.settings import Settings
from gromox.directory.auth import Authenticator, AuthPolicy
from gromox.directory.doorkeeper import Doorkeeper
from gromox.directory.status import Privilege
from gromox.directory.token import TokenReader
from gromox.pop3.core import Pop3Core
from gromox.pop3.services import Pop3Services
from gromox.pop3.settings import PROGRAM
from gromox.store.pool import MailboxPool
from tests.support.drive import PEER, Dialogue
from tests.support.house import PASSWORD, House
from tests.support.sasl import Provider, ScramClient, oauthbearer

ALICE = "alice@example.test"


@pytest.fixture
def provider() -> Provider:
    return Provider(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def services(house: House, pool: MailboxPool, provider: Provider) -> Pop3Services:
    authenticator = Authenticator(house.directory, house.clock, policy=AuthPolicy(scram="yes"))
    return Pop3Services(
        doorkeeper=Doorkeeper(
            authenticator,
            house.resolver,
            Privilege.IMAP_POP3,
            house.clock.advance,
            tokens=TokenReader(provider.public(), audience=["mail"]),
        ),
        mailboxes=pool,
        settings=Settings.of(PROGRAM),
        host="mail.example.test",
        tls=True,
        clock=house.clock,
    )


def test_scram(services: Pop3Services) -> None:
    first = Dialogue(Pop3Core(services))
    first.ask(f"USER {ALICE}\r\nPASS {PASSWORD}\r\nQUIT\r\n".encode())

    for password, end in ((PASSWORD, b"+OK"), ("wrong", b"-ERR [AUTH]")):
        client, scram = Dialogue(Pop3Core(services)), ScramClient(ALICE, password)
        client.read()
        assert b"SASL PLAIN LOGIN SCRAM-SHA-256\r\n" in client.ask(b"CAPA\r\n")
        said = client.ask(b"AUTH SCRAM-SHA-256 " + b64encode(scram.first()) + b"\r\n")
        said = client.ask(b64encode(scram.last(b64decode(said[2:]))) + b"\r\n")
        if said.startswith(b"+ "):
            assert b64decode(said[2:]) == scram.expected
            said = client.ask(b"\r\n")
        assert said.startswith(end)
        client.hang_up()


def test_a_token(services: Pop3Services, provider: Provider) -> None:
    client = Dialogue(Pop3Core(services), replace(PEER, tls=True))
    client.read()
    told = b64encode(oauthbearer(ALICE, provider.token(ALICE, exp=1)))
    assert client.ask(b"AUTH OAUTHBEARER " + told + b"\r\n").startswith(b"+ ")
    assert client.ask(b"AQ==\r\n").startswith(b"-ERR [AUTH]")
    told = b64encode(oauthbearer(ALICE, provider.token(ALICE)))
    assert client.ask(b"AUTH OAUTHBEARER " + told + b"\r\n").startswith(b"+OK 3 messages")
    client.hang_up()
