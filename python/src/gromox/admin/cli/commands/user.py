"""``grommunio-admin user``: users, their mailboxes, and who may send for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.cli.command import add, add_query_arguments, complete, group
from gromox.admin.cli.completion import usernames
from gromox.admin.cli.console import DONE, REFUSED
from gromox.admin.cli.table import Table, text_of
from gromox.admin.cli.table import show as show_table
from gromox.admin.cli.user_fields import add_fields, add_removals, change_of
from gromox.admin.service import delegation, login
from gromox.admin.service import user as service
from gromox.admin.service.user_query import ATTRIBUTES, DEFAULT, properties_of, query_of
from gromox.base.secret import Secret
from gromox.directory import user as directory_user
from gromox.store.delegates import DelegateList

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from gromox.admin.cli.command import Commands
    from gromox.admin.cli.console import Console
    from gromox.directory.user import UserInfo

_LISTS: Final[Mapping[str, DelegateList]] = {
    "delegate": DelegateList.ON_BEHALF,
    "sendas": DelegateList.SEND_AS,
}


def register(commands: Commands, summary: str) -> None:
    """Add the command."""
    below = group(commands, "user", summary)
    create = add(below, "create", create_user, "Create a user and the mailbox.")
    create.add_argument("username", metavar="USERNAME", help="address; without a domain see --domain")
    create.add_argument("--domain", metavar="DOMAINSPEC", help="domain of a USERNAME without one")
    create.add_argument("--no-defaults", action="store_true", help="no privileges but those given here")
    create.add_argument("--no-maildir", action="store_true", help="make no mailbox")
    add_fields(create)
    _add_specification(add(below, "show", show_user, "Show everything about a user."))
    listing = add(below, "list", list_users, "List users in short (older form of query).")
    _add_specification(listing, optional=True)
    query = add(below, "query", query_users, "Query attributes of users.")
    add_query_arguments(query, ATTRIBUTES, DEFAULT)
    modify = add(below, "modify", modify_user, "Change fields of a user.")
    _add_specification(modify)
    add_fields(modify)
    add_removals(modify)
    delete = add(below, "delete", delete_user, "Delete a user for ever.")
    _add_specification(delete)
    delete.add_argument("-c", "--keep-chat", action="store_true", help="keep the chat user, if any")
    delete.add_argument("-k", "--keep-files", action="store_true", help="keep the mailbox on disk")
    delete.add_argument("-y", "--yes", action="store_true", help="do not ask")
    _register_login(below)
    for name, text in (
        ("delegate", "Manage who may send on behalf of a user."),
        ("sendas", "Manage who may send as a user."),
    ):
        _register_list(below, name, text)


def _register_login(below: Commands) -> None:
    parser = add(below, "login", login_user, "Check whether a user can log in.")
    parser.add_argument("username", metavar="USERNAME", help="as typed in a mail program")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--nopass", action="store_true", help="check the account only, no password")
    source.add_argument("--password", metavar="PW", help="default: ask for it")


def _register_list(below: Commands, name: str, summary: str) -> None:
    parser = add(below, name, show_list, summary)
    _add_specification(parser)
    parser.set_defaults(delegation=_LISTS[name])
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    adding = add(actions, "add", add_to_list, "Add users.")
    adding.add_argument("--force", action="store_true", help="also addresses that belong to nobody here")
    removing = add(actions, "remove", remove_from_list, "Remove users.")
    for each in (adding, removing):
        complete(each.add_argument("users", nargs="+", metavar="USER", help="address"), usernames)
    add(actions, "list", show_list, "Show the list.")
    add(actions, "clear", clear_list, "Empty the list.")


def _add_specification(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    argument = parser.add_argument(
        "userspec",
        nargs="?" if optional else None,
        default="" if optional else None,
        metavar="USERSPEC",
        help="id, or the beginning of the address" + ("; nothing means all" if optional else ""),
    )
    complete(argument, usernames)


def create_user(args: argparse.Namespace, console: Console) -> int:
    """Create user and mailbox."""
    username = args.username
    if args.domain and "@" not in username:
        from gromox.admin.service.domain import find

        username = f"{username}@{find(console.site, args.domain).name}"
    created = service.create(
        console.site,
        service.NewUser(
            username,
            change_of(args),
            with_mailbox=not args.no_maildir,
            with_defaults=not args.no_defaults,
        ),
    )
    console.say(f"User '{created.username}' created (ID {created.user_id})")
    if not created.has_password:
        console.say(f"Nobody can log in yet; set a password: grommunio-admin passwd {created.username}")
    return DONE


def modify_user(args: argparse.Namespace, console: Console) -> int:
    """Change and show the result."""
    _print(console, service.modify(console.site, service.find(console.site, args.userspec), change_of(args)))
    return DONE


def delete_user(args: argparse.Namespace, console: Console) -> int:
    """Delete after asking."""
    user = service.find(console.site, args.userspec)
    what = "keep" if args.keep_files or not user.maildir else "remove"
    question = f"Delete user {user.username} for ever and {what} the mailbox {user.maildir or '(none)'}?"
    if not args.yes and not console.confirm(question):
        console.complain("grommunio-admin: nothing was deleted")
        return REFUSED
    deleted = service.delete(console.site, user, keep_files=args.keep_files)
    console.say(f"User '{deleted.user.username}' deleted")
    if deleted.kept is not None:
        console.say(f"  kept {deleted.kept}")
    return DONE


def query_users(args: argparse.Namespace, console: Console) -> int:
    """Print attributes of the users that pass the filters."""
    header, rows = query_of(console.site).run(
        directory_user.list_all(console.site.directory),
        wanted=args.attributes,
        filters=args.filter,
        sorts=args.sort,
    )
    show_table(console, Table(header, rows), form=args.format, separator=args.separator)
    return DONE


def list_users(args: argparse.Namespace, console: Console) -> int:
    """Print the default attributes."""
    header, rows = query_of(console.site).run(service.list_matching(console.site, args.userspec))
    show_table(console, Table(header, rows))
    return DONE


def show_user(args: argparse.Namespace, console: Console) -> int:
    """Print all there is about one user."""
    _print(console, service.find(console.site, args.userspec))
    return DONE


def _print(console: Console, user: UserInfo) -> None:
    console.say(console.heading(f"{user.username}:"))
    for name, value_of in query_of(console.site).attributes.items():
        status = f" ({user.status.name.lower()})" if name == "status" else ""
        console.say(f"  {name}: {text_of(value_of(user))}{status}".rstrip())
    console.say(f"  altnames: {', '.join(user.altnames)}".rstrip())
    properties = properties_of(user)
    if properties:
        console.say("  properties:")
    for key, value in properties.items():
        console.say(f"    {key}: {value}")


def login_user(args: argparse.Namespace, console: Console) -> int:
    """Say whether the login works, and why not."""
    password = None
    if not args.nopass:
        password = Secret(args.password) if args.password is not None else console.ask_password()
    outcome = login.check(console.site, args.username, password)
    if outcome.refusal:
        console.complain(f"grommunio-admin: {args.username}: {outcome.refusal}")
        return REFUSED
    console.say(f"{args.username}: login is possible as {outcome.username}")
    return DONE


def add_to_list(args: argparse.Namespace, console: Console) -> int:
    """Add addresses and say which were new."""
    user = service.find(console.site, args.userspec)
    added = delegation.add(console.site, user, args.delegation, args.users, force=args.force)
    for address in added:
        console.say(f"Added {address}")
    if not added:
        console.say("Nothing to add: all of them are in the list")
    return DONE


def remove_from_list(args: argparse.Namespace, console: Console) -> int:
    """Remove addresses; one that is not in the list is an error."""
    user = service.find(console.site, args.userspec)
    removed = delegation.remove(console.site, user, args.delegation, args.users)
    for address in removed:
        console.say(f"Removed {address}")
    absent = [address for address in args.users if address.lower() not in map(str.lower, removed)]
    for address in absent:
        console.complain(f"grommunio-admin: {address} is not in the list")
    return REFUSED if absent else DONE


def show_list(args: argparse.Namespace, console: Console) -> int:
    """Print the addresses, one a line."""
    for address in delegation.read(service.find(console.site, args.userspec), args.delegation):
        console.say(address)
    return DONE


def clear_list(args: argparse.Namespace, console: Console) -> int:
    """Empty it."""
    count = delegation.clear(console.site, service.find(console.site, args.userspec), args.delegation)
    console.say(f"Removed {count} addresses" if count != 1 else "Removed 1 address")
    return DONE
