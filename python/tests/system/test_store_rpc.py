"""gromox-istore and gromox-zcore as real processes: nodes by certificate, users by password and token."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gromox.daemons.embedded import Embedded
from gromox.serve.tls import Identity, client_context
from gromox.store.errors import DeniedError, FolderGoneError, SessionLostError, UnreachableError
from gromox.store.mailbox import Mailbox
from gromox.store.notify.event import EventType
from gromox.store.permission import OWNER_RIGHTS, Right
from gromox.store.rpc.client import Address, Client
from gromox.store.session import Actor
from tests.support.certificate import write_cluster
from tests.support.daemons import Daemons
from tests.support.mail import mail
from tests.support.server import HOST, PATIENCE
from tests.system.conftest import ALICE, BOB

INBOX = 13


@pytest.fixture
def daemons(home: Path) -> Iterator[Daemons]:
    (home / "tls").mkdir(parents=True, exist_ok=True)
    authority, certificate, key = write_cluster(home / "tls")
    made = Daemons(
        home,
        f"exmdb_certificate_path = {certificate}\nexmdb_private_key_path = {key}\n"
        f"exmdb_ca_path = {authority}\n"
        f"bearer_pubkey = {home}/tls/bearer.pem\n",
    )
    made.create()
    yield made
    made.stop()


@pytest.fixture
def signer(daemons: Daemons) -> rsa.RSAPrivateKey:
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (daemons.home / "tls" / "bearer.pem").write_bytes(public)
    return key


def password(daemons: Daemons, user: str) -> str:
    return next(one.password for one in Embedded(daemons.home).credentials() if one.user == user).reveal()


def maildir(daemons: Daemons, user: str) -> Path:
    local, _, domain = user.partition("@")
    return daemons.home / "user" / domain / local


def node(daemons: Daemons) -> Client:
    tls = daemons.home / "tls"
    identity = Identity(tls / "node.pem", tls / "node.key")
    return Client(
        Address(HOST, daemons.exmdb_port, tls=client_context(tls / "ca.pem", identity)), timeout=PATIENCE
    )


def test_a_node_works_on_a_mailbox_and_survives_a_restart(daemons: Daemons) -> None:
    daemons.start("event", "istore")
    client = node(daemons)
    session = client.open(maildir(daemons, ALICE), Actor(ALICE))
    assert session.store_rights() == OWNER_RIGHTS
    with pytest.raises(DeniedError):
        client.open(daemons.home, Actor(ALICE))
    daemons.processes["istore"].kill()
    with pytest.raises(UnreachableError):
        session.store_rights()
    daemons.start("istore")
    with pytest.raises(SessionLostError):
        session.store_rights()
    assert client.open(maildir(daemons, ALICE), Actor(ALICE)).store_rights() == OWNER_RIGHTS
    client.close()
    stranger = Client(
        Address(HOST, daemons.exmdb_port, tls=client_context(daemons.home / "tls" / "ca.pem", None)),
        timeout=PATIENCE,
    )
    with pytest.raises(UnreachableError):
        stranger.open(maildir(daemons, ALICE), Actor(ALICE))


def test_a_user_logs_on_and_hears_of_mail(daemons: Daemons, signer: rsa.RSAPrivateKey) -> None:
    import smtplib

    daemons.start("event", "delivery_queue", "delivery", "zcore")
    client = Client(Address(path=daemons.home / "run" / "zcore.sock"), timeout=60)
    with pytest.raises(DeniedError):
        client.log_on(ALICE, "wrong", remote_host="192.0.2.7")
    daemons.processes["zcore"].hear("rhost=[192.0.2.7]")
    key = client.log_on(ALICE, password(daemons, ALICE))
    session = client.open_store(key)
    start = session.change_number()
    session.subscribe(EventType.NEW_MAIL, INBOX)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(session.wait_for_events, 60.0)
        with smtplib.LMTP(HOST, daemons.lmtp_port, timeout=PATIENCE) as lmtp:
            lmtp.sendmail("x@example.test", [ALICE], mail("hello", to=ALICE, size=500))
        assert waiting.result(60) is True
    (told,) = session.poll_events()
    assert told.event is not None
    assert session.changes(INBOX, start).created == (told.event.message_id,)

    claims = {"email": BOB, "exp": int(time.time()) + 60}
    token = jwt.encode(claims, signer, algorithm="RS256")
    bob = client.log_on_with_token(token)
    assert client.resume(bob) == BOB
    for wrong in (
        jwt.encode({**claims, "exp": 1}, signer, algorithm="RS256"),
        jwt.encode(claims, "secret-secret-secret-secret-secret", algorithm="HS256"),
        jwt.encode({"email": BOB}, signer, algorithm="RS256"),
        jwt.encode({**claims, "email": "nobody@example.test"}, signer, algorithm="RS256"),
        "x" * 20_000,
    ):
        with pytest.raises(DeniedError):
            client.log_on_with_token(wrong)
    foreign = client.open_store(bob, ALICE)
    with pytest.raises(FolderGoneError):
        foreign.changes(INBOX, 0)
    with Mailbox.open(maildir(daemons, ALICE)) as mailbox:
        mailbox.set_rights(INBOX, BOB, Right.READ_ANY)
    assert len(foreign.changes(INBOX, 0).created) == 1
    assert client.open_store(bob, "@example.test").store_rights() >= 0
    client.close()
