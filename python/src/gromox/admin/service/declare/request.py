"""One request: a JSON object that describes something, answered by a JSON object.

``{"kind": "user", "action": "declare", "check": false, "description": {"name": "alice@example.net", …}}`` is
answered by ``{"changed": true, "before": null, "after": {…}, …}``; the action ``information`` by
``{"found": […]}``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.admin.service.declare import alias, dbconf, domain, user
from gromox.admin.service.declare.description import Description, Json, Outcome
from gromox.admin.service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gromox.admin.service.site import Site

    Declare: TypeAlias = "Callable[..., Outcome]"
    Information: TypeAlias = "Callable[[Site, Description], list[Json]]"

LARGEST: Final = 1 << 20  #: characters of a request


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be done with one kind of things."""

    declare: Declare
    information: Information


KINDS: Final[Mapping[str, Kind]] = {
    "alias": Kind(alias.declare, alias.information),
    "dbconf": Kind(dbconf.declare, dbconf.information),
    "domain": Kind(domain.declare, domain.information),
    "user": Kind(user.declare, user.information),
}


def carry_out(site: Site, text: str) -> dict[str, Json]:
    """Carry out the request in ``text`` and return the answer.

    Raises:
        InputError: it is no request, or one that cannot be followed.
        GromoxError: it could not be carried out.
    """
    if len(text) > LARGEST:
        raise InputError(f"a request has at most {LARGEST} characters")
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        # what it says could quote a password
        raise InputError("expected a JSON object on standard input") from None
    if not isinstance(loaded, dict):
        raise InputError("expected a JSON object on standard input")
    request = Description(loaded)
    kind = KINDS[request.choice("kind", tuple(KINDS), "")]
    action = request.choice("action", ("declare", "information"), "declare")
    check = request.flag("check", default=False)
    description = request.part("description") or Description({})
    request.finish()
    if action == "information":
        return {"found": kind.information(site, description)}
    answer: dict[str, Json] = kind.declare(site, description, check=check).answer()
    return answer
