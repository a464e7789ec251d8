"""Tokens, and the lists that contain a user."""

from __future__ import annotations

import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gromox.base.secret import Secret
from gromox.directory import Directory, alias, domain, mlist, user
from gromox.directory.errors import AuthError
from gromox.directory.membership import lists_of
from gromox.directory.status import ListType
from gromox.directory.token import TokenReader

ALICE, BOB = "alice@example.test", "bob@example.test"


@pytest.fixture(scope="module")
def signer() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def reader(signer: rsa.RSAPrivateKey) -> TokenReader:
    public = signer.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return TokenReader(public)


def claims(**more: object) -> dict[str, object]:
    return {"email": ALICE, "exp": int(time.time()) + 300, **more}


def test_a_valid_token_names_its_user(signer: rsa.RSAPrivateKey, reader: TokenReader) -> None:
    assert reader.login_of(jwt.encode(claims(), signer, algorithm="RS256")) == ALICE


@pytest.mark.parametrize(
    "wrong", [{"exp": 1}, {"email": ""}, {"email": 5}, {"exp": None}, {"email": None}, {"nbf": 9_999_999_999}]
)
def test_wrong_claims_are_refused(
    signer: rsa.RSAPrivateKey, reader: TokenReader, wrong: dict[str, object]
) -> None:
    given = {key: value for key, value in claims(**wrong).items() if value is not None}
    with pytest.raises(AuthError):
        reader.login_of(jwt.encode(given, signer, algorithm="RS256"))


def test_other_signatures_are_refused(signer: rsa.RSAPrivateKey, reader: TokenReader) -> None:
    other = rsa.generate_private_key(65537, 2048)
    good = jwt.encode(claims(), signer, algorithm="RS256")
    for token in (
        jwt.encode(claims(), other, algorithm="RS256"),
        jwt.encode(claims(), "a secret that everybody could know...", algorithm="HS256"),
        jwt.encode(claims(), "", algorithm="none"),
        good[:-4],
        good + "." * 20_000,
        "",
    ):
        with pytest.raises(AuthError):
            reader.login_of(token)


def test_without_a_key_nobody_logs_on() -> None:
    with pytest.raises(AuthError):
        TokenReader.of_file(None).login_of("x")


def test_lists_contain_users_directly_and_through_lists(directory: Directory) -> None:
    domain.create(directory, "example.test", max_user=10)
    for name in (ALICE, BOB):
        user.create(directory, name, password=Secret("x"), maildir=f"/stores/{name}")
    alias.add(directory, ALICE, "info@example.test")
    mlist.create(directory, "direct@example.test", members=[ALICE])
    mlist.create(directory, "byalias@example.test", members=["info@example.test"])
    mlist.create(directory, "outer@example.test", members=["direct@example.test", "outer2@example.test"])
    mlist.create(directory, "outer2@example.test", members=["outer@example.test"])
    mlist.create(directory, "others@example.test", members=[BOB])
    mlist.create(directory, "all@example.test", kind=ListType.DOMAIN)
    lists = {"direct", "byalias", "outer", "outer2", "all"}
    assert lists_of(directory, ALICE) == {f"{name}@example.test" for name in lists}
    assert lists_of(directory, BOB) == {"others@example.test", "all@example.test"}
    assert lists_of(directory, "nobody@elsewhere.test") == frozenset()
