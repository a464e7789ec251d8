"""USERSPEC, DOMAINSPEC: what stands on a command line for one object.

Spec: reference/system/cli.md, "Specs": an id, or the beginning of a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from gromox.admin.service.errors import AmbiguousMatchError, NoMatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

_SHOWN: Final = 5  #: candidates that an error names


def choose(kind: str, text: str, candidates: Sequence[T], name_of: Callable[[T], str]) -> T:
    """Return the one candidate that is called ``text`` or whose name alone begins with it.

    Args:
        kind: ``user``, ``domain``: how errors call it, and the command that lists them.
        text: what the administrator wrote.
        candidates: all there are.
        name_of: the name of a candidate.

    Raises:
        NoMatchError: none is called so.
        AmbiguousMatchError: several names begin so and none is just that.
    """
    wanted = text.casefold()
    begins = [candidate for candidate in candidates if name_of(candidate).casefold().startswith(wanted)]
    exact = [candidate for candidate in begins if name_of(candidate).casefold() == wanted]
    found = exact or begins
    if not found or not text:
        raise no_match(kind, text)
    if len(found) > 1:
        names = sorted(name_of(candidate) for candidate in found)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise AmbiguousMatchError(f"'{text}' is ambiguous: {', '.join(names[:_SHOWN])}{more}")
    return found[0]


def no_match(kind: str, text: str) -> NoMatchError:
    """Return the error that says how to find the right name."""
    return NoMatchError(f"No such {kind} '{text}' - try `grommunio-admin {kind} query`")


def as_id(text: str) -> int | None:
    """Return the id that a specification is, or None if it is (the beginning of) a name."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None  # noqa: PLR2004 - 32 bits
