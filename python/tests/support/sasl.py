"""A client's side of SASL, for tests."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa


@dataclass
class ScramClient:
    """RFC 5802 by hand."""

    login: str
    password: str
    nonce: str = "fyko+d2lbbFgONRv9qkxdawL"
    header: str = "n,,"
    binding: bytes = b""
    expected: bytes = field(default=b"", init=False)

    def first(self) -> bytes:
        return (self.header + self._bare()).encode()

    def last(self, challenge: bytes) -> bytes:
        words = dict(word.split("=", 1) for word in challenge.decode().split(","))
        assert words["r"].startswith(self.nonce)
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), b64decode(words["s"]), int(words["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        bound = b64encode(self.header.encode() + self.binding).decode()
        without = f"c={bound},r={words['r']}"
        message = f"{self._bare()},{challenge.decode()},{without}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        self.expected = b"v=" + b64encode(
            hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        )
        proof = b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True))).decode()
        return f"{without},p={proof}".encode()

    def _bare(self) -> str:
        return f"n={self.login.replace('=', '=3D').replace(',', '=2C')},r={self.nonce}"


def oauthbearer(user: str, token: str) -> bytes:
    """Return the message of RFC 7628 section 3.1."""
    return f"n,a={user},\x01host=mail.example.test\x01auth=Bearer {token}\x01\x01".encode()


def xoauth2(user: str, token: str) -> bytes:
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()


@dataclass
class Provider:
    """Signs tokens."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    issuer: str = "https://id.example.test"

    def public(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def token(self, email: str, **more: object) -> str:
        claims = {
            "email": email,
            "exp": int(time.time()) + 300,
            "iss": self.issuer,
            "aud": "mail",
            **more,
        }
        algorithm = "RS256" if isinstance(self.key, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(claims, self.key, algorithm=algorithm)
