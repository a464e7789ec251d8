"""TLS on the same raw socket, with certificates that can be replaced while the daemon runs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gromox.base.errors import GromoxError
from gromox.base.log import get_logger
from gromox.base.secret import Secret

if TYPE_CHECKING:
    import socket
    from pathlib import Path

_log = get_logger(__name__)

VERSIONS: Final = {
    "tls1.0": ssl.TLSVersion.TLSv1,
    "tls1.1": ssl.TLSVersion.TLSv1_1,
    "tls1.2": ssl.TLSVersion.TLSv1_2,
    "tls1.3": ssl.TLSVersion.TLSv1_3,
}

#: Suites of TLS 1.2: ephemeral keys on elliptic curves and authenticated encryption, as TLS 1.3 has anyway.
#: Without finite fields nobody can make the server compute with large exponents (CVE-2002-20001).
CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL"


class TlsError(GromoxError):
    """A certificate or key cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Where certificate and key are and how old a protocol may be."""

    certificate: Path  #: PEM, the chain after the server's own
    key: Path
    password: Secret = field(default_factory=lambda: Secret(""))
    min_proto: str = "tls1.2"
    client_authority: Path | None = None
    """PEM: clients must show a certificate that one of these signed. None: clients show none."""


class Tls:
    """Server-side TLS with the present certificate."""

    def __init__(self, identity: Identity) -> None:
        """Load the certificate; raises TlsError."""
        self._identity = identity
        self._context = _load(identity)
        self._end_point = _end_point(identity.certificate)

    def reload(self) -> None:
        """Read the certificate anew; a broken one is logged and the present one stays."""
        try:
            self._context = _load(self._identity)
            self._end_point = _end_point(self._identity.certificate)
        except TlsError as error:
            _log.error("certificate kept", reason=str(error))

    def wrap(self, sock: socket.socket) -> ssl.SSLSocket:
        """Return ``sock`` under TLS, the handshake still to be done; the given object is used up."""
        return self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)

    def bindings(self, sock: ssl.SSLSocket) -> dict[str, bytes]:
        """Return the channel bindings of a connection whose handshake is done.

        Spec:
            RFC 5929 3 (tls-unique, before TLS 1.3), 4 (tls-server-end-point).
        """
        found = {"tls-server-end-point": self._end_point} if self._end_point else {}
        unique = sock.get_channel_binding("tls-unique") if sock.version() == "TLSv1.2" else None
        return found | ({"tls-unique": unique} if unique else {})


def _end_point(certificate: Path) -> bytes:
    """Return the hash of the server's certificate by the rule of RFC 5929 4.1; nothing if it has none."""
    first = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    algorithm = first.signature_hash_algorithm
    if algorithm is None:  # Ed25519: the rule does not say
        return b""
    weak = algorithm.name in ("md5", "sha1")
    return first.fingerprint(hashes.SHA256() if weak else algorithm)


def _load(identity: Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[identity.min_proto]
    # OpenSSL's own list is kept for who allows protocols that know no authenticated encryption.
    if context.minimum_version >= ssl.TLSVersion.TLSv1_2:
        context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_IGNORE_UNEXPECTED_EOF
    for path, what in ((identity.certificate, "certificate"), (identity.key, "private key")):
        try:
            path.open("rb").close()
        except OSError as error:
            raise TlsError(f"cannot read the {what} {path}: {error.strerror}") from error
    try:
        # An empty password would make OpenSSL ask on the terminal for that of an encrypted key.
        context.load_cert_chain(identity.certificate, identity.key, lambda: identity.password.reveal() or "-")
    except ssl.SSLError as error:
        reason = error.reason or str(error)
        raise TlsError(f"certificate {identity.certificate} and key {identity.key}: {reason}") from error
    if identity.client_authority is not None:
        _require_clients(context, identity.client_authority)
    return context


def _require_clients(context: ssl.SSLContext, authority: Path) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(authority)
    except (OSError, ssl.SSLError) as error:
        raise TlsError(f"cannot read the certificate authority {authority}: {error}") from error


def client_context(authority: Path, identity: Identity | None) -> ssl.SSLContext:
    """Return what a client needs: servers signed by ``authority``, and its own certificate if it has one.

    Raises:
        TlsError: a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(authority)
        if identity is not None:
            context.minimum_version = VERSIONS[identity.min_proto]
            password = identity.password
            context.load_cert_chain(identity.certificate, identity.key, lambda: password.reveal() or "-")
    except (OSError, ssl.SSLError) as error:
        raise TlsError(f"cannot use the certificates for store connections: {error}") from error
    return context
