"""Certificates for tests: for one server, signed by itself, and for the nodes of a cluster."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gromox.serve.selfsigned import make_certificate


def write_certificate(certificate: Path, key: Path) -> None:
    """Write a certificate for localhost."""
    made = make_certificate(["localhost", "127.0.0.1", "::1"])
    certificate.write_bytes(made.certificate)
    key.write_bytes(made.key)


def write_cluster(folder: Path) -> tuple[Path, Path, Path]:
    """Write the authority of a cluster, and a node's certificate for localhost with its key."""
    authority_key, node_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cluster")])
    now = dt.datetime.now(dt.UTC)

    def begin(subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        )

    node = begin(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node")]), node_key, ca=False)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    node = node.add_extension(x509.SubjectAlternativeName(names), critical=False).add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
        critical=False,
    )
    made = (
        (folder / "ca.pem", begin(authority, authority_key, ca=True)),
        (folder / "node.pem", node),
    )
    for path, builder in made:
        path.write_bytes(
            builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
    key = folder / "node.key"
    key.write_bytes(
        node_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "ca.pem", folder / "node.pem", key
