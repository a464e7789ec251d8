"""Random identifiers, as something that can be handed in."""

from __future__ import annotations

import random
import secrets
import uuid
from typing import Final, Protocol


class Ids(Protocol):
    """Where a component gets unique names from."""

    def guid(self) -> uuid.UUID:
        """Return a new random GUID."""
        ...

    def token(self, octets: int = 16) -> str:
        """Return ``octets`` random octets in lower-case hexadecimal."""
        ...


class _SystemIds:
    """Identifiers that nobody can guess."""

    def guid(self) -> uuid.UUID:
        """Return a version 4 UUID."""
        return uuid.uuid4()

    def token(self, octets: int = 16) -> str:
        """Return hexadecimal text from the system's generator."""
        return secrets.token_hex(octets)


SYSTEM_IDS: Final[Ids] = _SystemIds()


class SeededIds:
    """Identifiers that repeat from run to run; for tests and replays, never for secrets."""

    def __init__(self, seed: int = 1) -> None:
        """Start the sequence that belongs to ``seed``."""
        self._random = random.Random(seed)  # noqa: S311 - repeatable by intent

    def guid(self) -> uuid.UUID:
        """Return the next GUID of the sequence."""
        return uuid.UUID(int=self._random.getrandbits(128), version=4)

    def token(self, octets: int = 16) -> str:
        """Return the next octets of the sequence in hexadecimal."""
        return self._random.randbytes(octets).hex()
