"""Users as they are to be, with all that hangs on them: names, privileges, properties, forward, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.service import user as service
from gromox.admin.service.declare.description import Outcome
from gromox.admin.service.declare.user_fields import UserFields, change_of, read, show
from gromox.admin.service.delegation import add as add_delegates
from gromox.admin.service.delegation import remove as remove_delegates
from gromox.base.secret import Secret
from gromox.directory import credential, forward
from gromox.directory import user as directory_user
from gromox.directory.errors import NotFoundError
from gromox.directory.status import ForwardType
from gromox.store.delegates import DelegateList

if TYPE_CHECKING:
    from gromox.admin.service.declare.description import Description, Json
    from gromox.admin.service.site import Site
    from gromox.directory.user import UserInfo

STATES: Final = ("present", "absent")
_LISTS: Final = (("delegates", DelegateList.ON_BEHALF), ("send_as", DelegateList.SEND_AS))


def information(site: Site, description: Description) -> list[Json]:
    """Return the user of a name, those of a domain, or all."""
    name, domain = description.text("name"), description.text("domain")
    description.finish()
    if name is not None:
        found = _find(site, name)
        users = [] if found is None else [found]
    else:
        users = list(directory_user.list_all(site.directory))
    ending = None if domain is None else f"@{domain.lower()}"
    return [show(site, user) for user in users if ending is None or user.username.lower().endswith(ending)]


def declare(site: Site, description: Description, *, check: bool) -> Outcome:
    """Make a user what the description says.

    Raises:
        InputError: the description cannot be followed.
        DirectoryError, StoreError: it could not be carried out.
    """
    name = description.required("name")
    state = description.choice("state", STATES, "present")
    keep_files = description.flag("keep_files", default=False)
    wanted = read(description)
    description.finish()
    present = _find(site, name)
    if state == "absent":
        return _remove(site, present, keep_files=keep_files, check=check)
    if present is None:
        return _create(site, name, wanted, check=check)
    return _change(site, present, wanted, check=check)


def _remove(site: Site, user: UserInfo | None, *, keep_files: bool, check: bool) -> Outcome:
    if user is None:
        return Outcome(None, None)
    before: dict[str, Json] = {"name": user.username}
    if check:
        return Outcome(before, None)
    deleted = service.delete(site, user, keep_files=keep_files)
    return Outcome(before, None, {"kept": str(deleted.kept) if deleted.kept is not None else None})


def _create(site: Site, name: str, wanted: UserFields, *, check: bool) -> Outcome:
    after: dict[str, Json] = {"name": name, **wanted.shown}
    if wanted.password is not None:
        after["password"] = "set"  # noqa: S105 - that there is one, not which
    if check:
        return Outcome(None, after)
    change = change_of(wanted, None)
    password = None if wanted.password is None else Secret(wanted.password)
    user = service.create(site, service.NewUser(name, change, password=password, with_mailbox=wanted.mailbox))
    try:
        _apply_rest(site, user, wanted)
    except BaseException:
        # a user that lacks a part would not be made again by the next run
        service.delete(site, user, keep_files=False)
        raise
    return Outcome(None, {**after, "name": user.username}, {"id": user.user_id, "maildir": user.maildir})


def _change(site: Site, user: UserInfo, wanted: UserFields, *, check: bool) -> Outcome:
    shown = show(site, user)
    before: dict[str, Json] = {"name": user.username, **wanted.same_fields(shown)}
    after: dict[str, Json] = {"name": user.username, **wanted.shown}
    new_password = _new_password(site, user, wanted)
    if new_password is not None:
        after["password"] = "replaced" if user.has_password else "set"
    if not check:
        change = change_of(wanted, user)
        if not change.is_empty():
            user = service.modify(site, user, change)
        _apply_rest(site, user, wanted)
        if new_password is not None:
            credential.set_password(site.directory, user.username, new_password)
    details: dict[str, Json] = {"id": user.user_id, "maildir": user.maildir}
    return Outcome(before, after, details, forced=new_password is not None)


def _new_password(site: Site, user: UserInfo, wanted: UserFields) -> Secret | None:
    """Return the password that has to be set: one that is asked for and not the present one."""
    if wanted.password is None or (user.has_password and not wanted.always_password):
        return None
    password = Secret(wanted.password)
    is_same = credential.is_password(site.directory, user.username, password)
    return None if is_same else password


def _apply_rest(site: Site, user: UserInfo, wanted: UserFields) -> None:
    """Carry out what is no field of the user itself."""
    if wanted.forward is not None:
        if not wanted.forward:
            forward.remove(site.directory, user.username)
        else:
            kind = ForwardType.REDIRECT if wanted.forward["kind"] == "redirect" else ForwardType.COPY
            found = forward.get(site.directory, user.username)
            if found is None or (found.destination, found.kind) != (wanted.forward["destination"], kind):
                forward.put(site.directory, user.username, wanted.forward["destination"], kind)
    for field, which in _LISTS:
        addresses = getattr(wanted, field)
        if addresses is not None:
            present = show(site, user)[field]
            gone = [one for one in present if one not in addresses] if isinstance(present, list) else []
            remove_delegates(site, user, which, [str(one) for one in gone])
            # users of the same play may be made later than the list that names them
            add_delegates(site, user, which, addresses, force=True)


def _find(site: Site, name: str) -> UserInfo | None:
    try:
        return directory_user.get(site.directory, name)
    except NotFoundError:
        return None
