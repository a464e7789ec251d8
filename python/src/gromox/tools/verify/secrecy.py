"""Ports, certificates and TLS."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gromox.tools.verify.place import IMPLICIT_TLS
from gromox.tools.verify.point import Point, PointError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gromox.tools.verify.place import Place

#: Days that a certificate has to be good for at least.
DAYS: Final = 7
#: Suites that nobody may agree on: without ephemeral keys on curves, without authenticated encryption.
WEAK: Final = ("kRSA", "DHE", "aNULL", "ECDHE:!AESGCM:!CHACHA20:!AESCCM:!ARIAGCM")
_HINT_PORT: Final = "is the unit running (systemctl status), and does the firewall let it through?"
_HINT_CERTIFICATE: Final = "reload who serves it: systemctl reload gromox-imap gromox-pop3 postfix nginx"


def points(place: Place, bundle: Path | None) -> Iterator[Point]:
    """Return what there is to see on the ports.

    Args:
        place: the system.
        bundle: the certificate as it lies on disk, if it can be compared.
    """
    for service in place.services:
        port = place.ports[service]
        yield Point(f"port {port} ({service}) is open", partial(_is_open, place, service), _HINT_PORT)
    for service in place.services:
        port = place.ports[service]
        yield Point(
            f"port {port} ({service}) shows a good certificate",
            partial(_certificate, place, service, bundle),
            _HINT_CERTIFICATE,
        )
        yield Point(
            f"port {port} ({service}) refuses TLS below 1.2 and weak suites", partial(_weak, place, service)
        )


def _is_open(place: Place, service: str) -> str:
    with place.connect(service) as connection:
        return "open to " + str(connection.getsockname()[0])


def _certificate(place: Place, service: str, bundle: Path | None) -> str:
    with place.secured(service, place.context()) as connection:
        octets = connection.getpeercert(binary_form=True)
        version = connection.version()
    if octets is None:
        raise PointError("no certificate was shown")
    found = x509.load_der_x509_certificate(octets)
    days = (found.not_valid_after_utc - datetime.now(UTC)).days
    if days < DAYS:
        raise PointError(f"the certificate is good for {days} days only")
    if bundle is not None:
        on_disk = x509.load_pem_x509_certificates(bundle.read_bytes())[0]
        if on_disk.fingerprint(hashes.SHA256()) != found.fingerprint(hashes.SHA256()):
            raise PointError(f"it is not the certificate of {bundle}")
    return f"{version}, good for {days} days"


def _weak(place: Place, service: str) -> str:
    """Try to agree on what must be refused."""
    for suites in WEAK:
        context = _careless()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"{suites}:@SECLEVEL=0")
        _refused(place, service, context, suites)
    context = _careless()
    with warnings.catch_warnings():
        # That it is old is the point.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    _refused(place, service, context, "TLS 1.1")
    return "refused" + (", from the first octet" if service in IMPLICIT_TLS else "")


def _refused(place: Place, service: str, context: ssl.SSLContext, what: str) -> None:
    try:
        with place.secured(service, context) as connection:
            raise PointError(f"{what} is accepted: {connection.cipher()}")
    except (ssl.SSLError, ConnectionResetError):
        return


def _careless() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
