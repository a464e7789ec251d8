"""The keys that the spam filter signs mail of the domains with (DKIM), and what to publish of them.

Spec: RFC 6376 3.6.1 (the record), 3.6.2.2 (its pieces); RFC 8301 3.2 (rsa, 2048 bits); admin-api.md "DKIM":
``<domain>.<selector>.key``, the old one kept as ``.old``.

The filter looks for the file of the sender's domain at every mail, so a key counts from when it is there.
Files belong to whom the folder belongs: the role antispam makes it for those who write, and its group reads.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gromox.admin.service.errors import AdminError, ConfigurationError
from gromox.directory import domain as directory_domain
from gromox.directory import names
from gromox.directory.status import DomainStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.admin.service.configuration import Configuration
    from gromox.admin.service.site import Site

_EXPONENT: Final = 65537
_LEAST_BITS, _MOST_BITS = 1024, 8192
_SELECTOR: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_PIECE: Final = 250  #: characters of one string of a TXT record, at most 255
_MODE: Final = 0o440
_RECORD_MODE: Final = 0o444
_LARGEST_FILE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Keys:
    """Where keys are kept, and how new ones are made."""

    folder: Path
    selector: str
    bits: int

    @classmethod
    def of(cls, configuration: Configuration) -> Keys | None:
        """Read ``options.dkimPath``, ``dkimSelector`` and ``dkimBits``; None: this host keeps no keys.

        Raises:
            ConfigurationError: one of them cannot be used.
        """
        folder = configuration.text("options.dkimPath")
        if not folder:
            return None
        selector, bits = configuration.text("options.dkimSelector"), configuration.get("options.dkimBits")
        if _SELECTOR.fullmatch(selector) and isinstance(bits, int) and _LEAST_BITS <= bits <= _MOST_BITS:
            return cls(Path(folder), selector, bits)
        raise ConfigurationError(
            "options.dkimSelector has to be one label of a domain name, "
            f"options.dkimBits from {_LEAST_BITS} to {_MOST_BITS}"
        )

    def key_file(self, domain: str) -> Path:
        """Return the file of the private key, where the filter looks for it."""
        return self.folder / f"{domain}.{self.selector}.key"

    def record_file(self, domain: str) -> Path:
        """Return the file with the record for DNS."""
        return self.folder / f"{domain}.{self.selector}.txt"


def active_domains(site: Site) -> Iterator[str]:
    """Go through the domains that may have mail, by id."""
    for info in directory_domain.list_all(site.directory):
        if info.status is not DomainStatus.DELETED:
            yield info.name


def ensure(keys: Keys, domain: str) -> bool:
    """Make the key of a domain if it has none; return whether it was made.

    Raises:
        AdminError: the folder is not there.
        OSError: the folder cannot be written.
    """
    file = _checked(keys, domain)
    if file.exists():
        return False
    key = _new_key(keys)
    with _beside(file, key, mode=_MODE) as made:
        try:
            # Two that make it at once: the first one's is the key.
            os.link(made, file)
        except FileExistsError:
            return False
    _write_record(keys, domain, key)
    return True


def renew(keys: Keys, domain: str) -> None:
    """Make a new key; the old one stays as ``.old``. Signatures count again once DNS has the new record.

    Raises:
        AdminError, OSError: as :func:`ensure`.
    """
    file = _checked(keys, domain)
    key = _new_key(keys)
    with _beside(file, key, mode=_MODE) as made:
        with contextlib.suppress(FileNotFoundError):
            file.with_name(f"{file.name}.old").unlink()
        with contextlib.suppress(FileNotFoundError):
            os.link(file, file.with_name(f"{file.name}.old"))
        made.replace(file)
    _write_record(keys, domain, key)


def record(keys: Keys, domain: str) -> str:
    """Return the line of a zone file that makes the key known.

    Raises:
        AdminError: there is no key, or what there is is none.
    """
    file = _checked(keys, domain)
    try:
        with file.open("rb") as opened:
            return _record(keys, domain, opened.read(_LARGEST_FILE))
    except FileNotFoundError:
        raise AdminError(f"{domain} has no key: {file} is not there") from None
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise AdminError(f"{file} has no private key: {error}") from error


def _checked(keys: Keys, domain: str) -> Path:
    """Return the key file of what is certain to be a domain: others write into the table of domains too."""
    if names.domain_name(domain) != domain:
        raise AdminError(f"{domain}: not the stored form of a domain name")
    if not keys.folder.is_dir():
        raise AdminError(f"the folder of the keys, {keys.folder} (options.dkimPath), is not there")
    return keys.key_file(domain)


def _new_key(keys: Keys) -> bytes:
    return rsa.generate_private_key(_EXPONENT, keys.bits).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _record(keys: Keys, domain: str, key: bytes) -> str:
    loaded = serialization.load_pem_private_key(key, password=None)
    public = loaded.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    text = base64.b64encode(public).decode()
    pieces = " ".join(f'"{text[at : at + _PIECE]}"' for at in range(0, len(text), _PIECE))
    return f'{keys.selector}._domainkey.{domain}. IN TXT ( "v=DKIM1; k=rsa; p=" {pieces} )'


def _write_record(keys: Keys, domain: str, key: bytes) -> None:
    file = keys.record_file(domain)
    with _beside(file, f"{_record(keys, domain, key)}\n".encode(), mode=_RECORD_MODE) as made:
        made.replace(file)


@contextlib.contextmanager
def _beside(file: Path, content: bytes, *, mode: int) -> Iterator[Path]:
    """Write content to a new file in the folder of another; it is gone at the end unless it was renamed."""
    # The keys of all domains are made by root and by the daemons: they belong to whom the folder belongs.
    folder = file.parent.stat()
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            if os.geteuid() == 0:
                os.fchown(opened.fileno(), folder.st_uid, folder.st_gid)
            os.fchmod(opened.fileno(), mode)
            opened.flush()
            os.fsync(opened.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)
