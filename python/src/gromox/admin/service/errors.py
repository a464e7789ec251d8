"""Refusals of the service functions; their texts are for the administrator and say what to do.

* AdminError
  - NoMatchError          a specification (id or prefix) names nothing
  - AmbiguousMatchError   ... or more than one
  - InputError            a value is not acceptable
  - ConfigurationError    the configuration of the administration cannot be used
"""

from __future__ import annotations

from gromox.base.errors import GromoxError


class AdminError(GromoxError):
    """Something the administrator asked for cannot be done."""


class NoMatchError(AdminError):
    """Nothing has that id or begins with that name."""


class AmbiguousMatchError(AdminError):
    """More than one name begins like that."""


class InputError(AdminError):
    """A value cannot be used."""


class ConfigurationError(AdminError):
    """The administration's own configuration cannot be used."""
