"""Certificates for tests, made by the product's own maker of self-signed ones."""

from __future__ import annotations

from pathlib import Path

from gromox.serve.selfsigned import make_certificate


def write_certificate(certificate: Path, key: Path) -> None:
    """Write a certificate for localhost."""
    made = make_certificate(["localhost", "127.0.0.1", "::1"])
    certificate.write_bytes(made.certificate)
    key.write_bytes(made.key)
