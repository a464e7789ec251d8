"""The mechanisms: PLAIN and LOGIN by themselves, SCRAM and tokens against a real user database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gromox.base.errors import ParseError
from gromox.base.secret import Secret
from gromox.base.wire import Channel, Outcome, Peer
from gromox.directory import credential, scram, user_property
from gromox.directory import mechanism as mechanisms
from gromox.directory.auth import Authenticator, AuthPolicy
from gromox.directory.doorkeeper import Doorkeeper
from gromox.directory.errors import AuthReason
from gromox.directory.limiter import LimiterBounds
from gromox.directory.mechanism import (
    LONGEST_MESSAGE,
    Challenge,
    Credentials,
    Failed,
    Finished,
    Step,
    Work,
    decode,
)
from gromox.directory.status import Privilege
from gromox.directory.token import TokenReader
from tests.support.house import PASSWORD, House
from tests.support.sasl import Provider, ScramClient, oauthbearer, xoauth2

ALICE, BOB = "alice@example.test", "bob@example.test"
PEER = Peer("192.0.2.9", 40000, tls=True, local_port=993, connection_id="t-1")
BOUND = replace(PEER, channel=Channel({"tls-server-end-point": b"point", "tls-unique": b"unique"}))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House.build(tmp_path)
    yield house
    house.close()


@pytest.fixture
def doorkeeper(house: House) -> Doorkeeper:
    """SCRAM is offered, tokens are not."""
    policy = AuthPolicy(scram="yes", limits=LimiterBounds(max_tries=3))
    authenticator = Authenticator(house.directory, house.clock, policy=policy)
    return Doorkeeper(authenticator, house.resolver, Privilege.IMAP_POP3, house.clock.advance, "test")


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider(ec.generate_private_key(ec.SECP256R1()))


def done(step: Step | None) -> Step:
    """Do the work of a step until the client is asked, or all is over."""
    while isinstance(step, Work):
        try:
            outcome = Outcome(value=step.run())
        except Exception as error:  # noqa: BLE001 - as the driver does
            outcome = Outcome(error=error)
        step = step.then(outcome)
    assert step is not None
    return step


def exchange(
    doorkeeper: Doorkeeper, client: ScramClient, peer: Peer = PEER, name: str = "SCRAM-SHA-256"
) -> Step:
    step = done(mechanisms.begin(name, client.first(), doorkeeper, peer))
    if not isinstance(step, Challenge) or step.octets.startswith(b"e="):
        return step
    return done(step.read(client.last(step.octets)))


@pytest.fixture
def begin(doorkeeper: Doorkeeper) -> Callable[[str, bytes | None], Step]:
    def begin(name: str, initial: bytes | None) -> Step:
        step = mechanisms.begin(name, initial, doorkeeper, PEER, mechanisms.SMTP_PROMPTS)
        assert step is not None
        return step

    return begin


Begin = Callable[[str, "bytes | None"], Step]
TIM = Credentials("tim", Secret("tanstaaftanstaaf"))


def test_plain_with_its_message_at_once(begin: Begin) -> None:
    # RFC 4616 section 4, the first example.
    assert begin("PLAIN", b"\0tim\0tanstaaftanstaaf") == TIM


def test_plain_asks_for_its_message(begin: Begin) -> None:
    step = begin("PLAIN", None)
    assert isinstance(step, Challenge)
    assert step.octets == b""
    assert step.read(b"\0tim\0tanstaaftanstaaf") == TIM


def test_login_asks_for_name_and_password(begin: Begin) -> None:
    step = begin("LOGIN", None)
    assert isinstance(step, Challenge)
    assert step.octets == b"Username:"
    step = step.read(b"tim")
    assert isinstance(step, Challenge)
    assert step.octets == b"Password:"
    assert step.read(b"tanstaaftanstaaf") == TIM


def test_login_with_the_name_at_once(begin: Begin) -> None:
    step = begin("LOGIN", b"tim")
    assert isinstance(step, Challenge)
    assert step.read(b"tanstaaftanstaaf") == TIM


def test_the_own_identity_may_be_named(begin: Begin) -> None:
    assert begin("PLAIN", b"TIM\0tim\0tanstaaftanstaaf") == TIM


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"tim",
        b"\0tim",
        b"\0\0tanstaaf",
        b"\0tim\0tan\0staaf",
        b"\0tim\0\xff",
    ],
)
def test_other_messages_are_refused(begin: Begin, message: bytes) -> None:
    with pytest.raises(ParseError):
        begin("PLAIN", message)


@pytest.mark.parametrize("size", range(len(b"\0tim\0")))
def test_every_message_cut_before_the_password_is_refused(begin: Begin, size: int) -> None:
    with pytest.raises(ParseError):
        begin("PLAIN", b"\0tim\0"[:size])


def test_a_name_is_needed_for_login(begin: Begin) -> None:
    with pytest.raises(ParseError):
        begin("LOGIN", b"")


@pytest.mark.parametrize("text", [b"AHRpbQ", b"AHRpbQ==\n", b"?", b"A" * (LONGEST_MESSAGE * 4 // 3 + 5)])
def test_what_is_not_base64_or_too_long_is_refused(text: bytes) -> None:
    with pytest.raises(ParseError):
        decode(text)


def test_the_longest_message_is_taken() -> None:
    assert len(decode(b"AAAA" * (LONGEST_MESSAGE // 3 + 1))) > LONGEST_MESSAGE - 3


def test_another_identity_is_handed_on(begin: Begin) -> None:
    # RFC 4616 section 4, the second example: to act as somebody else.
    assert begin("PLAIN", b"Ursel\0Kurt\0xipj3plmq") == Credentials("Kurt", Secret("xipj3plmq"), "Ursel")


# -- SCRAM


def test_the_example_of_the_document() -> None:
    # RFC 7677 section 3.
    keys = scram.keys_of("pencil", decode(b"W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
    first = scram.read_client_first(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
    challenge = scram.server_first(first, b"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", keys)
    assert challenge == (
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    answer = (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    assert (
        scram.verify(first, challenge, answer, keys, b"") == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    )
    assert scram.verify(first, challenge, answer.replace(b"dHz", b"eHz"), keys, b"") is None
    for cut in range(len(answer) - 1):
        with pytest.raises(ParseError):
            scram.verify(first, challenge, answer[:cut], keys, b"")
    assert scram.Keys.decode(keys.encode()) == keys
    assert all(scram.Keys.decode(keys.encode()[:cut]) is None for cut in range(len(keys.encode())))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"n,,n=user",
        b"n,,n=,r=abc",
        b"n,,n=us=er,r=abc",
        b"n,,n=us=2cer,r=abc",
        b"n,x,n=user,r=abc",
        b"x,,n=user,r=abc",
        b"p=,,n=user,r=abc",
        b"n,,m=ext,n=user,r=abc",
        b"n,,n=user,r=",
        b"n,,n=user,r=a b",
        b"n,,n=\xff,r=abc",
        b"n,,n=" + b"u" * scram.LONGEST + b",r=abc",
    ],
)
def test_other_first_messages_are_refused(message: bytes) -> None:
    with pytest.raises(ParseError):
        scram.read_client_first(message)


def test_saslprep() -> None:
    # RFC 4013 section 3.
    assert scram.prepared("I\u00adX") == "IX"
    assert scram.prepared("\u00aa") == "a"
    assert scram.prepared("\u2168") == "IX"
    for wrong in ("\x07", "\u06271", ""):
        with pytest.raises(ParseError):
            scram.prepared(wrong)


def test_keys_come_with_the_first_login_and_prove_the_password(doorkeeper: Doorkeeper) -> None:
    assert isinstance(exchange(doorkeeper, ScramClient(ALICE, PASSWORD)), Failed)
    doorkeeper.verify(ALICE, Secret(PASSWORD), PEER)

    client = ScramClient(ALICE, PASSWORD)
    end = exchange(doorkeeper, client)
    assert isinstance(end, Finished)
    assert end.octets == client.expected
    assert end.entrance.account.username == ALICE
    assert isinstance(exchange(doorkeeper, ScramClient("info@example.test", PASSWORD)), Finished)  # an alias
    assert isinstance(exchange(doorkeeper, ScramClient(ALICE, "wrong")), Failed)


def test_another_password_makes_the_keys_worthless(house: House, doorkeeper: Doorkeeper) -> None:
    doorkeeper.verify(ALICE, Secret(PASSWORD), PEER)
    credential.set_password(house.directory, ALICE, Secret("another"))

    for password in (PASSWORD, "another"):
        assert isinstance(exchange(doorkeeper, ScramClient(ALICE, password)), Failed)
    doorkeeper.verify(ALICE, Secret("another"), PEER)
    assert isinstance(exchange(doorkeeper, ScramClient(ALICE, "another")), Finished)


def test_nobody_is_shown_the_keys(house: House, doorkeeper: Doorkeeper) -> None:
    account = doorkeeper.verify(ALICE, Secret(PASSWORD), PEER).account
    assert user_property.SCRAM_KEYS not in user_property.read(house.directory, account.user_id)


def test_who_may_not_log_in_is_refused_after_the_proof(house: House, doorkeeper: Doorkeeper) -> None:
    doorkeeper.verify(BOB, Secret(PASSWORD), PEER)
    from gromox.directory import user

    user.set_privilege(house.directory, BOB, revoke=Privilege.IMAP_POP3)
    end = exchange(doorkeeper, ScramClient(BOB, PASSWORD))
    assert isinstance(end, Failed)
    assert end.error.reason is AuthReason.NO_PRIVILEGE


def test_an_unknown_user_looks_like_a_known_one(doorkeeper: Doorkeeper) -> None:
    def challenge(login: str) -> dict[str, str]:
        step = done(mechanisms.begin("SCRAM-SHA-256", ScramClient(login, "x").first(), doorkeeper, PEER))
        assert isinstance(step, Challenge)
        return dict(word.split("=", 1) for word in step.octets.decode().split(","))

    doorkeeper.verify(ALICE, Secret(PASSWORD), PEER)
    known, first, again, other = map(challenge, (ALICE, "nobody@x.test", "Nobody@x.test", "other@x.test"))
    assert first["s"] == again["s"] != other["s"]
    assert first["i"] == known["i"]
    assert len(first["s"]) == len(known["s"])
    assert first["r"] != again["r"]


def test_guesses_are_counted_and_blocked(house: House, doorkeeper: Doorkeeper) -> None:
    before = house.clock.monotonic()
    for _ in range(3):
        assert isinstance(exchange(doorkeeper, ScramClient(ALICE, "wrong")), Failed)
    assert house.clock.monotonic() - before == 3 * doorkeeper.authenticator.policy.fail_delay
    end = exchange(doorkeeper, ScramClient(ALICE, PASSWORD))
    assert isinstance(end, Failed)
    assert end.error.reason is AuthReason.BLOCKED


def test_channel_binding(doorkeeper: Doorkeeper) -> None:
    doorkeeper.verify(ALICE, Secret(PASSWORD), PEER)
    for kind, binding in BOUND.channel.bindings.items():
        client = ScramClient(ALICE, PASSWORD, header=f"p={kind},,", binding=binding)
        assert isinstance(exchange(doorkeeper, client, BOUND, "SCRAM-SHA-256-PLUS"), Finished)
    client = ScramClient(ALICE, PASSWORD, header="p=tls-unique,,", binding=b"of somebody between")
    with pytest.raises(ParseError):
        exchange(doorkeeper, client, BOUND, "SCRAM-SHA-256-PLUS")

    unknown = exchange(
        doorkeeper, ScramClient(ALICE, PASSWORD, header="p=tls-exporter,,"), BOUND, "SCRAM-SHA-256-PLUS"
    )
    assert isinstance(unknown, Challenge)
    assert unknown.octets == b"e=unsupported-channel-binding-type"
    assert isinstance(unknown.read(b""), Failed)
    # "I could bind, but you cannot": we can, so somebody has changed our list.
    downgraded = exchange(doorkeeper, ScramClient(ALICE, PASSWORD, header="y,,"), BOUND)
    assert isinstance(downgraded, Challenge)
    assert downgraded.octets == b"e=server-does-support-channel-binding"
    assert isinstance(exchange(doorkeeper, ScramClient(ALICE, PASSWORD, header="y,,")), Finished)
    assert mechanisms.begin("SCRAM-SHA-256-PLUS", None, doorkeeper, PEER) is None


# -- tokens


@pytest.fixture
def with_tokens(doorkeeper: Doorkeeper, provider: Provider) -> Doorkeeper:
    reader = TokenReader(
        provider.public(),
        issuer=provider.issuer,
        audience=["mail"],
        discovery="https://id.example.test/.well-known",
    )
    return replace(doorkeeper, tokens=reader)


@pytest.mark.parametrize(("name", "message"), [("OAUTHBEARER", oauthbearer), ("XOAUTH2", xoauth2)])
def test_a_token_lets_its_user_in(
    with_tokens: Doorkeeper, provider: Provider, name: str, message: Callable[[str, str], bytes]
) -> None:
    end = done(mechanisms.begin(name, message(ALICE, provider.token(ALICE)), with_tokens, PEER))
    assert isinstance(end, Finished)
    assert (end.entrance.account.username, end.entrance.shared) == (ALICE, False)
    alias = done(
        mechanisms.begin(name, message("info@example.test", provider.token(ALICE)), with_tokens, PEER)
    )
    assert isinstance(alias, Finished)
    assert not alias.entrance.shared
    other = done(mechanisms.begin(name, message(BOB, provider.token(ALICE)), with_tokens, PEER))
    assert isinstance(other, Finished)
    assert other.entrance.shared  # whether Alice owns it is looked at by who opens it


@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"iss": "https://other.test"}, {"aud": "other"}, {"email": "nobody@example.test"}]
)
def test_a_token_that_is_not_right_is_answered_with_the_reason_in_json(
    with_tokens: Doorkeeper, provider: Provider, claims: dict[str, object]
) -> None:
    token = provider.token(**{"email": ALICE, **claims})  # type: ignore[arg-type]
    step = done(mechanisms.begin("OAUTHBEARER", oauthbearer(ALICE, token), with_tokens, PEER))
    assert isinstance(step, Challenge)
    told = json.loads(step.octets)
    assert told["status"] == "invalid_token"
    assert told["openid-configuration"] == "https://id.example.test/.well-known"
    end = step.read(b"\x01")
    assert isinstance(end, Failed)
    assert end.error.reason is AuthReason.UNKNOWN_OR_WRONG_PASSWORD


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"n,,",
        b"n,,\x01\x01x",
        b"p=x,,\x01auth=Bearer x\x01\x01",
        b"n,x=,\x01auth=Bearer x\x01\x01",
        b"n,a=\xff,\x01auth=x\x01\x01",
    ],
)
def test_other_messages_with_tokens_are_refused(with_tokens: Doorkeeper, message: bytes) -> None:
    with pytest.raises(ParseError):
        mechanisms.begin("OAUTHBEARER", message, with_tokens, PEER)
    with pytest.raises(ParseError):
        mechanisms.begin("XOAUTH2", message, with_tokens, PEER)


def test_tokens_need_tls_and_a_key(with_tokens: Doorkeeper, doorkeeper: Doorkeeper) -> None:
    assert "OAUTHBEARER" in mechanisms.offered(with_tokens, PEER)
    assert "OAUTHBEARER" not in mechanisms.offered(with_tokens, replace(PEER, tls=False))
    assert "OAUTHBEARER" not in mechanisms.offered(doorkeeper, PEER)


def test_the_key_of_tomorrow_stands_in_the_same_file(provider: Provider) -> None:
    former = Provider(rsa.generate_private_key(65537, 2048))
    reader = TokenReader(former.public() + provider.public(), audience=["mail"])
    assert reader.login_of(provider.token(ALICE)) == ALICE
    assert reader.login_of(former.token(ALICE)) == ALICE
