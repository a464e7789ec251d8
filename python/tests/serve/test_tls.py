from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from gromox.base.log import captured
from gromox.base.secret import Secret
from gromox.serve.tls import Identity, Tls, TlsError
from tests.support.certificate import write_certificate


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
