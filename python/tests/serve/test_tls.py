from __future__ import annotations

import shutil
import socket
import ssl
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from gromox.base.log import captured
from gromox.base.secret import Secret
from gromox.serve.tls import Identity, Tls, TlsError
from tests.support.certificate import write_certificate
from tests.support.server import PATIENCE


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    found = Identity(tmp_path / "cert.pem", tmp_path / "key.pem")
    write_certificate(found.certificate, found.key)
    return found


def test_a_missing_file_is_named(identity: Identity) -> None:
    identity.key.unlink()

    with pytest.raises(TlsError, match=r"cannot read the private key .*key\.pem: No such file"):
        Tls(identity)


def test_a_key_of_another_certificate_is_refused(identity: Identity, tmp_path: Path) -> None:
    write_certificate(tmp_path / "other.pem", identity.key)

    with pytest.raises(TlsError, match="KEY_VALUES_MISMATCH"):
        Tls(identity)


def test_an_encrypted_key_needs_its_password_and_never_asks(identity: Identity) -> None:
    key = serialization.load_pem_private_key(identity.key.read_bytes(), None)
    identity.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"open"),
        )
    )

    Tls(Identity(identity.certificate, identity.key, Secret("open")))
    for wrong in ("", "shut"):
        with pytest.raises(TlsError):
            Tls(Identity(identity.certificate, identity.key, Secret(wrong)))


def test_a_reload_takes_a_good_certificate_and_keeps_the_old_one_otherwise(
    identity: Identity, tmp_path: Path
) -> None:
    tls = Tls(identity)
    first = tls._context
    shutil.copy(identity.certificate, tmp_path / "good")
    write_certificate(identity.certificate, identity.key)
    tls.reload()
    second = tls._context
    identity.certificate.write_text("nonsense")
    with captured() as lines:
        tls.reload()

    assert first is not second
    assert tls._context is second
    assert any("certificate kept" in line for line in lines)


def _negotiated(identity: Identity, client: ssl.SSLContext) -> tuple[str, str]:
    """Shake hands over a pair of sockets; return protocol and suite."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with Tls(identity).wrap(ours) as served:
            served.do_handshake()

    with ThreadPoolExecutor(1) as threads, theirs:
        done = threads.submit(serve)
        try:
            with client.wrap_socket(theirs, server_hostname="localhost") as secured:
                suite = secured.cipher()
        finally:
            theirs.close()
            failure = done.exception(PATIENCE)
    assert failure is None
    assert suite is not None
    return suite[1], suite[0]


def _client(suites: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    return context


@pytest.mark.parametrize("suites", ["ECDHE+AESGCM", "ECDHE+CHACHA20", "ALL"])
def test_ephemeral_keys_on_curves_are_agreed_on(identity: Identity, suites: str) -> None:
    version, suite = _negotiated(identity, _client(suites))

    assert version == "TLSv1.2"
    assert suite.startswith("ECDHE-")
    assert "GCM" in suite or "CHACHA20" in suite


@pytest.mark.parametrize("suites", ["DHE", "kRSA", "ECDHE+SHA1", "ECDHE+SHA384:!AESGCM", "aNULL"])
def test_weak_suites_are_refused(identity: Identity, suites: str) -> None:
    with pytest.raises(ssl.SSLError):
        _negotiated(identity, _client(suites))


def test_old_protocols_are_refused(identity: Identity) -> None:
    context = _client("ALL")
    context.options &= ~(ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1

    with pytest.raises(ssl.SSLError):
        _negotiated(identity, context)
