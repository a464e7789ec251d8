"""The fields of a described user: read, shown in one form, turned into a change.

Lists (aliases, altnames, delegates, send_as) are complete: what is not in them goes away. Maps (privileges,
properties) hold what is to be as they say, and leave the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.admin.service import delegation
from gromox.admin.service.errors import InputError
from gromox.admin.service.property_name import name_of, tag_of, text_of, value_of
from gromox.admin.service.user import STATUS_NAMES, status_of
from gromox.admin.service.user_change import PRIVILEGES, UserChange
from gromox.directory import forward as directory_forward
from gromox.directory import names
from gromox.directory.status import ForwardType, Privilege, effective
from gromox.store.delegates import DelegateList

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.admin.service.declare.description import Description, Json
    from gromox.admin.service.site import Site
    from gromox.directory.user import UserInfo
    from gromox.directory.user_property import PropertyValue

_FORWARDS: Final = ("copy", "redirect")
_STATUS_NAMES: Final = {status: name for name, status in STATUS_NAMES.items()}


@dataclass(frozen=True, slots=True)
class UserFields:
    """A description; ``shown`` holds what it mentions, as :func:`show` writes it."""

    shown: dict[str, Json]
    password: str | None = field(default=None, repr=False)
    always_password: bool = False
    mailbox: bool = True
    forward: dict[str, str] | None = None  #: empty: none
    delegates: list[str] | None = None
    send_as: list[str] | None = None
    properties: dict[int, PropertyValue | None] = field(default_factory=dict)

    def same_fields(self, shown: Mapping[str, Json]) -> dict[str, Json]:
        """Return of what there is the part that the description mentions."""
        present: dict[str, Json] = {}
        for name, value in self.shown.items():
            there = shown[name]
            if isinstance(value, dict) and isinstance(there, dict) and name != "forward":
                present[name] = {key: there.get(key) for key in value}
            else:
                present[name] = there
        return present


def read(description: Description) -> UserFields:
    """Read the fields.

    Raises:
        InputError: one is not acceptable.
    """
    shown: dict[str, Json] = {}
    status, lang = description.text("status"), description.text("lang")
    if status is not None:
        shown["status"] = _STATUS_NAMES[status_of(status)]
    if lang is not None:
        shown["lang"] = lang
    homeserver = description.number("homeserver")
    if homeserver is not None:
        shown["homeserver"] = homeserver
    for name in ("aliases", "altnames", "delegates", "send_as"):
        values = description.texts(name)
        if values is not None:
            form = names.altname if name == "altnames" else names.address
            shown[name] = [*sorted({form(value) for value in values})]
    privileges = _privileges(description)
    if privileges:
        shown["privileges"] = privileges
    properties = {
        tag_of(name): None if value is None else value_of(tag_of(name), _as_text(value))
        for name, value in (description.table("properties") or {}).items()
    }
    if properties:
        shown["properties"] = {
            name_of(tag): None if value is None else text_of(tag, value) for tag, value in properties.items()
        }
    forward = _forward(description)
    if forward is not None:
        shown["forward"] = dict(forward)
    return UserFields(
        shown,
        password=description.text("password"),
        always_password=description.choice("update_password", ("always", "on_create"), "on_create")
        == "always",
        mailbox=description.flag("mailbox", default=True),
        forward=forward,
        delegates=_strings(shown.get("delegates")),
        send_as=_strings(shown.get("send_as")),
        properties=properties,
    )


def show(site: Site, user: UserInfo) -> dict[str, Json]:
    """Return a user as descriptions write it, with what can only be read."""
    found = directory_forward.get(site.directory, user.username)
    has_mailbox = bool(user.maildir)
    granted = effective(user.privilege)
    return {
        "name": user.username,
        "status": _STATUS_NAMES.get(user.status, user.status.name.lower()),
        "lang": user.lang,
        "homeserver": user.homeserver,
        "aliases": [*sorted(user.aliases)],
        "altnames": [*sorted(user.altnames)],
        "delegates": _listed(user, DelegateList.ON_BEHALF) if has_mailbox else [],
        "send_as": _listed(user, DelegateList.SEND_AS) if has_mailbox else [],
        "privileges": {name: bool(granted & bit) for name, bit in PRIVILEGES.items()},
        "properties": {name_of(tag): text_of(tag, value) for tag, value in sorted(user.properties.items())},
        "forward": {}
        if found is None
        else {
            "destination": found.destination,
            "kind": "redirect" if found.kind is ForwardType.REDIRECT else "copy",
        },
        "id": user.user_id,
        "maildir": user.maildir,
        "has_password": user.has_password,
    }


def change_of(wanted: UserFields, user: UserInfo | None) -> UserChange:
    """Return what has to change of a user, or what a new one starts with."""
    shown = wanted.shown
    privileges = shown.get("privileges")
    asked = privileges if isinstance(privileges, dict) else {}
    grant, revoke = Privilege.NONE, Privilege.NONE
    present = Privilege.NONE if user is None else effective(user.privilege)
    for name, is_on in asked.items():
        bit = PRIVILEGES[name]
        if is_on and (user is None or not present & bit):
            grant |= bit
        elif not is_on and (user is None or present & bit):
            revoke |= bit
    add_aliases, remove_aliases = _difference(
        _strings(shown.get("aliases")), () if user is None else user.aliases
    )
    add_names, remove_names = _difference(
        _strings(shown.get("altnames")), () if user is None else user.altnames
    )
    lang, homeserver = shown.get("lang"), shown.get("homeserver")
    status = status_of(str(shown["status"])) if "status" in shown else None
    return UserChange(
        status=status if user is None or status != user.status else None,
        lang=lang if isinstance(lang, str) and (user is None or lang != user.lang) else None,
        homeserver=homeserver
        if isinstance(homeserver, int) and (user is None or homeserver != user.homeserver)
        else None,
        grant=grant,
        revoke=revoke,
        add_aliases=add_aliases,
        remove_aliases=remove_aliases,
        add_altnames=add_names,
        remove_altnames=remove_names,
        properties={
            tag: value
            for tag, value in wanted.properties.items()
            if value != (None if user is None else user.properties.get(tag))
        },
    )


def _privileges(description: Description) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, is_on in (description.table("privileges") or {}).items():
        if name not in PRIVILEGES:
            raise InputError(f"no privilege '{name[:50]}'; there are: {', '.join(PRIVILEGES)}")
        if not isinstance(is_on, bool):
            raise InputError(f"privileges.{name}: expected true or false")
        found[name] = is_on
    return found


def _forward(description: Description) -> dict[str, str] | None:
    part = description.part("forward")
    if part is None:
        return None
    destination = part.text("destination")
    kind = part.choice("kind", _FORWARDS, "copy")
    part.finish()
    return {"destination": names.address(destination), "kind": kind} if destination else {}


def _listed(user: UserInfo, which: DelegateList) -> list[Json]:
    return [*sorted(delegation.read(user, which))]


def _strings(value: Json) -> list[str] | None:
    return [str(one) for one in value] if isinstance(value, list) else None


def _difference(
    wanted: list[str] | None, present: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if wanted is None:
        return (), ()
    new = tuple(name for name in wanted if name not in present)
    return new, tuple(name for name in present if name not in wanted)


def _as_text(value: Json) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    raise InputError("properties: expected texts and numbers")
