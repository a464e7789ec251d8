"""Where a daemon listens: its directives, the former ones, and TLS by itself if there is a certificate.

Spec: reference/system/config.md, "Ports / sockets" (default binds, deprecated keys). The manual sets a
certificate in imap.cfg and then reaches port 993 without another word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.base.option import Option
from gromox.base.optionvalues import Endpoint, integer, listen_list, text

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.settings import Settings

_ANY = "::"
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Listens:
    """The directives of one daemon that say where it listens.

    ``usual`` is where it listens for TLS if nothing says otherwise and ``certificate`` and ``key`` are set.
    """

    clear: Option[tuple[Endpoint, ...]]
    secure: Option[tuple[Endpoint, ...]]
    former_address: Option[str]
    former_port: Option[int]
    former_tls_port: Option[int]
    certificate: Option[Path | None]
    key: Option[Path | None]
    usual: Endpoint | None = None

    @property
    def options(self) -> tuple[Option[object], ...]:
        """What a program has to declare of it, beside certificate and key."""
        return (self.clear, self.secure, self.former_address, self.former_port, self.former_tls_port)

    @property
    def names(self) -> frozenset[str]:
        """The directives on which it depends."""
        return frozenset(option.name for option in (*self.options, self.certificate, self.key))

    def in_clear(self, settings: Settings) -> tuple[Endpoint, ...]:
        """Return where to listen without TLS, or with STARTTLS."""
        declared = settings[self.clear]
        address, port = settings[self.former_address], settings[self.former_port]
        if not (address or port) or _is_said(settings, self.clear):
            return declared
        return (Endpoint(address or _ANY, port or declared[0].port),)

    def with_tls(self, settings: Settings) -> tuple[Endpoint, ...]:
        """Return where to listen for TLS from the first octet."""
        if _is_said(settings, self.secure):
            return settings[self.secure]
        address, port = settings[self.former_address] or _ANY, settings[self.former_tls_port]
        if _is_said(settings, self.former_tls_port):
            return (Endpoint(address, port),) if port else ()
        if self.usual is None or settings[self.certificate] is None or settings[self.key] is None:
            return ()
        return (Endpoint(address, self.usual.port),)


def _is_said(settings: Settings, option: Option[object]) -> bool:
    return settings.origin(option) != "default"


def listens(
    prefix: str,
    clear: Option[tuple[Endpoint, ...]],
    certificate: Option[Path | None],
    key: Option[Path | None],
    *,
    usual_tls: int = 0,
) -> Listens:
    """Declare ``<prefix>_listen_tls`` and the former directives beside ``<prefix>_listen``.

    Args:
        prefix: of the directives.
        clear: ``<prefix>_listen``.
        certificate: with which TLS is possible.
        key: likewise.
        usual_tls: the port of TLS where nothing else is said; 0: there is none.
    """
    usual = Endpoint(_ANY, usual_tls) if usual_tls else None
    by_itself = f"Not set: {usual} if there is a certificate; empty: nowhere." if usual else ""
    return Listens(
        clear,
        Option(
            f"{prefix}_listen_tls",
            listen_list,
            (),
            f"Where to listen for TLS from the first octet. {by_itself}".rstrip(),
        ),
        Option(
            f"{prefix}_listen_addr",
            text,
            "",
            f"Former directive; write {prefix}_listen, which wins. Its address alone.",
        ),
        Option(
            f"{prefix}_listen_port",
            integer,
            0,
            f"Former directive; write {prefix}_listen, which wins. Its port alone.",
            low=0,
            high=_MAX_PORT,
            aliases=("listen_port",),
        ),
        Option(
            f"{prefix}_listen_tls_port",
            integer,
            0,
            f"Former directive; write {prefix}_listen_tls, which wins. Its port alone; 0: nowhere.",
            low=0,
            high=_MAX_PORT,
            aliases=("listen_ssl_port",),
        ),
        certificate,
        key,
        usual,
    )
