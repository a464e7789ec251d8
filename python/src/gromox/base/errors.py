"""The root of the errors that the product raises on purpose.

* GromoxError
  - ParseError         octets or text that do not follow their grammar
  - SettingsError      (base.settings)
  - StoreError         (store.errors)
  - DirectoryError     (directory.errors)
"""

from __future__ import annotations


class GromoxError(Exception):
    """Base of all; its text is for an operator's log, never for a client."""


class ParseError(GromoxError):
    """Input does not follow its grammar."""

    def __init__(self, expectation: str, position: int = 0) -> None:
        """Say what was expected at which octet (or character) of the input."""
        self.expectation, self.position = expectation, position
        super().__init__(f"expected {expectation} at position {position}")
