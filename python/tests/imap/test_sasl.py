"""AUTHENTICATE with SCRAM and with tokens."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gromox.directory.auth import Authenticator, AuthPolicy
from gromox.directory.token import TokenReader
from tests.imap.driver import Server
from tests.support.house import PASSWORD
from tests.support.sasl import Provider, ScramClient, oauthbearer, xoauth2

ALICE = "alice@example.test"


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def offering(server: Server, provider: Provider) -> Server:
    """A server that offers all mechanisms; alice has logged in before."""
    authenticator = Authenticator(server.house.directory, server.house.clock, policy=AuthPolicy(scram="yes"))
    doorkeeper = replace(
        server.services.doorkeeper,
        authenticator=authenticator,
        tokens=TokenReader(provider.public(), audience=["mail"]),
    )
    server.services = replace(server.services, doorkeeper=doorkeeper)
    server.login("alice")
    return server


def test_what_is_offered_depends_on_tls(offering: Server) -> None:
    assert b"AUTH=SCRAM-SHA-256 " in offering.connect().ok("capability").replace(b"\r\n", b" ")
    assert b"OAUTHBEARER" not in offering.connect().ok("capability")
    assert b" AUTH=OAUTHBEARER AUTH=XOAUTH2" in offering.connect(tls=True).ok("capability")


def test_scram(offering: Server) -> None:
    client, scram = offering.connect(), ScramClient(ALICE, PASSWORD)
    challenge = client.ask(b"a authenticate scram-sha-256\r\n")
    assert challenge == b"+ \r\n"
    challenge = client.ask(b64encode(scram.first()) + b"\r\n")
    final = client.ask(b64encode(scram.last(b64decode(challenge[2:]))) + b"\r\n")
    assert b64decode(final[2:]) == scram.expected
    assert b"a OK" in client.ask(b"\r\n")
    client.ok("select inbox")


def test_scram_with_a_wrong_password(offering: Server) -> None:
    client, scram = offering.connect(), ScramClient(ALICE, "wrong")
    challenge = client.ask(b"a authenticate scram-sha-256 " + b64encode(scram.first()) + b"\r\n")
    said = client.ask(b64encode(scram.last(b64decode(challenge[2:]))) + b"\r\n")
    assert said.startswith(b"a NO [AUTHENTICATIONFAILED]")


def test_scram_can_be_cancelled_and_misspelt(offering: Server) -> None:
    client = offering.connect()
    client.ask(b"a authenticate scram-sha-256\r\n")
    assert client.ask(b"*\r\n").startswith(b"a BAD")
    client.ask(b"b authenticate scram-sha-256\r\n")
    assert client.ask(b64encode(b"n,,n=x") + b"\r\n").startswith(b"b BAD")


@pytest.mark.parametrize(("name", "message"), [(b"OAUTHBEARER", oauthbearer), (b"XOAUTH2", xoauth2)])
def test_a_token_logs_in(offering: Server, provider: Provider, name: bytes, message: object) -> None:
    assert callable(message)
    client = offering.connect(tls=True)
    told = b64encode(message(ALICE, provider.token(ALICE)))
    assert b"a OK" in client.ask(b"a AUTHENTICATE " + name + b" " + told + b"\r\n")


def test_a_token_that_ran_out_is_answered_with_json(offering: Server, provider: Provider) -> None:
    client = offering.connect(tls=True)
    told = b64encode(oauthbearer(ALICE, provider.token(ALICE, exp=1)))
    said = client.ask(b"a AUTHENTICATE OAUTHBEARER " + told + b"\r\n")
    assert json.loads(b64decode(said[2:]))["status"] == "invalid_token"
    assert client.ask(b"AQ==\r\n").startswith(b"a NO [AUTHENTICATIONFAILED]")


def test_a_token_does_not_open_the_mailbox_of_another(offering: Server, provider: Provider) -> None:
    client = offering.connect(tls=True)
    told = b64encode(xoauth2("bob@example.test", provider.token(ALICE)))
    assert b"a NO [AUTHORIZATIONFAILED]" in client.ask(b"a AUTHENTICATE XOAUTH2 " + told + b"\r\n")
