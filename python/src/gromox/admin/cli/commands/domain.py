"""``grommunio-admin domain``: mail domains and their public stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.cli.command import add, add_query_arguments, complete, group, yes_or_no
from gromox.admin.cli.completion import domain_names
from gromox.admin.cli.console import DONE, REFUSED
from gromox.admin.cli.table import Table, text_of
from gromox.admin.cli.table import show as show_table
from gromox.admin.service import dkim
from gromox.admin.service import domain as service
from gromox.admin.service.errors import AdminError, InputError
from gromox.base.errors import GromoxError
from gromox.directory import domain as directory_domain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from gromox.admin.cli.command import Commands
    from gromox.admin.cli.console import Console
    from gromox.directory.domain import DomainInfo

STATUS_NAMES: Final[Mapping[int, str]] = {0: "active", 1: "suspended", 3: "deleted"}


def register(commands: Commands, summary: str) -> None:
    """Add the command."""
    below = group(commands, "domain", summary)
    create = add(below, "create", create_domain, "Create a domain and its public store.")
    create.add_argument("domainname", metavar="DOMAINNAME", help="such as example.org")
    _add_fields(create, required=True)
    create.add_argument(
        "--no-defaults",
        action="store_true",
        help="do not fill in stored defaults (accepted for scripts; domains have none yet)",
    )
    create.add_argument(
        "--skip-adaptor-reload",
        action="store_true",
        help="accepted for scripts: services notice new domains without a reload",
    )
    for name, run, text in (
        ("delete", delete_domain, "Mark a domain as deleted; recover undoes it."),
        ("recover", recover_domain, "Recover a domain that is marked as deleted."),
    ):
        _add_specification(add(below, name, run, text))
    for name, text in (
        ("show", "Show everything about domains."),
        ("list", "List domains in short (older form of query)."),
    ):
        parser = add(below, name, show_domains if name == "show" else list_domains, text)
        _add_specification(parser, optional=name == "list")
    query = add(below, "query", query_domains, "Query attributes of domains.")
    add_query_arguments(query, tuple(service.QUERY.attributes), service.QUERY.default)
    modify = add(below, "modify", modify_domain, "Change attributes of a domain.")
    _add_specification(modify)
    _add_fields(modify, required=False)
    keys = add(
        below,
        "dkim",
        sign_domains,
        "Print the DNS records that make the signatures of mail (DKIM) known.",
        details="Makes a key for a domain without one; the spam filter signs with it at once.",
    )
    _add_specification(keys, optional=True)
    keys.add_argument(
        "--renew",
        action="store_true",
        help="make a new key first (the old one stays as .old); publish the record at once, until then "
        "signatures do not count",
    )
    keys.add_argument(
        *("-q", "--quiet"), action="store_true", help="print the records of keys that were made now, no other"
    )
    purge = add(below, "purge", purge_domains, "Remove domains marked as deleted for ever.")
    _add_specification(purge, optional=True)
    purge.add_argument("-f", "--files", action="store_true", help="remove their mailboxes from disk as well")
    purge.add_argument("-y", "--yes", action="store_true", help="do not ask")


def _add_specification(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    argument = parser.add_argument(
        "domainspec",
        nargs="?" if optional else None,
        default="" if optional else None,
        metavar="DOMAINSPEC",
        help="id, or the beginning of the name" + ("; nothing means all" if optional else ""),
    )
    complete(argument, domain_names)


def _add_fields(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        *("-u", "--maxUser"), dest="max_user", type=int, metavar="N", required=required, help="users allowed"
    )
    for option, target, metavar, help_text in (
        ("--address", "address", "ADDRESS", "postal address, shown as the office of its users"),
        ("--adminName", "admin_name", "NAME", "who is responsible"),
        ("--endDay", "end_day", "DATE", "last day of use, YYYY-MM-DD"),
        ("--tel", "tel", "NUMBER", "telephone of the responsible"),
        ("--title", "title", "TEXT", "name of the organisation"),
    ):
        parser.add_argument(option, dest=target, metavar=metavar, help=help_text)
    parser.add_argument("--orgID", dest="org_id", type=int, metavar="ID", help="organisation, 0 for none")
    parser.add_argument(
        "--homeserver", dest="homeserver", type=int, metavar="ID", help="server of its mailboxes, 0 for any"
    )
    parser.add_argument(
        "--chat", type=yes_or_no, metavar="BOOL", help="a team in the chat; only no in this release"
    )


def create_domain(args: argparse.Namespace, console: Console) -> int:
    """Create it."""
    columns = _columns(args)
    maximum = columns.pop("max_user")
    if not isinstance(maximum, int):
        raise InputError("maxUser is missing")
    created = service.create(console.site, args.domainname, max_user=maximum, **columns)
    console.say(f"Domain '{created.name}' created (ID {created.domain_id})")
    _sign_new(console, created.name)
    return DONE


def _sign_new(console: Console, domain: str) -> None:
    """Make the key of a new domain where keys are kept; it can be made later as well."""
    try:
        keys = dkim.Keys.of(console.site.configuration)
        if keys is not None:
            dkim.ensure(keys, domain)
            console.say("Its mail is signed (DKIM). Publish in DNS:")
            console.say(dkim.record(keys, domain))
    except (AdminError, OSError) as error:
        console.complain(f"grommunio-admin: the domain has no DKIM key yet: {error}")


def sign_domains(args: argparse.Namespace, console: Console) -> int:
    """Make keys that are missing, or new ones, and print the records."""
    keys = dkim.Keys.of(console.site.configuration)
    if keys is None:
        raise AdminError("mail is not signed on this host: no file of conf.d says options.dkimPath")
    if args.renew and not args.domainspec:
        raise InputError("--renew takes one domain")
    if args.domainspec:
        domains = [service.find(console.site, args.domainspec).name]
    else:
        domains = list(dkim.active_domains(console.site))
    code = DONE
    for domain in domains:
        try:
            if args.renew:
                dkim.renew(keys, domain)
            if dkim.ensure(keys, domain) or args.renew or not args.quiet:
                console.say(dkim.record(keys, domain))
        except GromoxError as error:
            # One bad key is no reason to leave the other domains without.
            console.complain(f"grommunio-admin: {error}")
            code = REFUSED
    return code


def modify_domain(args: argparse.Namespace, console: Console) -> int:
    """Change it and show the result."""
    changed = service.modify(console.site, service.find(console.site, args.domainspec), _columns(args))
    _print(console, changed)
    return DONE


def delete_domain(args: argparse.Namespace, console: Console) -> int:
    """Mark it deleted."""
    deleted = service.delete(console.site, service.find(console.site, args.domainspec))
    console.say(f"Domain '{deleted.name}' marked as deleted")
    console.say(f"Undo: grommunio-admin domain recover {deleted.name}")
    return DONE


def recover_domain(args: argparse.Namespace, console: Console) -> int:
    """Undo that."""
    recovered = service.recover(console.site, service.find(console.site, args.domainspec))
    console.say(f"Domain '{recovered.name}' recovered")
    return DONE


def purge_domains(args: argparse.Namespace, console: Console) -> int:
    """Remove one deleted domain, or all of them, after asking."""
    site = console.site
    chosen = [service.find(site, args.domainspec)] if args.domainspec else list(service.all_deleted(site))
    if not chosen:
        console.say("No domain is marked as deleted")
        return DONE
    names = ", ".join(domain.name for domain in chosen)
    what = "with all mailboxes on disk" if args.files else "but keep their mailboxes on disk"
    if not args.yes and not console.confirm(f"Remove {names} and all users for ever, {what}?"):
        console.complain("grommunio-admin: nothing was removed")
        return REFUSED
    for domain in chosen:
        purged = service.purge(site, domain, files=args.files)
        console.say(f"Domain '{purged.name}' purged")
        for path in purged.kept:
            console.say(f"  kept {path}")
    return DONE


def query_domains(args: argparse.Namespace, console: Console) -> int:
    """Print attributes of the domains that pass the filters."""
    header, rows = service.QUERY.run(
        directory_domain.list_all(console.site.directory),
        wanted=args.attributes,
        filters=args.filter,
        sorts=args.sort,
    )
    show_table(console, Table(header, rows), form=args.format, separator=args.separator)
    return DONE


def list_domains(args: argparse.Namespace, console: Console) -> int:
    """Print the default attributes."""
    header, rows = service.QUERY.run(service.list_matching(console.site, args.domainspec))
    show_table(console, Table(header, rows))
    return DONE


def show_domains(args: argparse.Namespace, console: Console) -> int:
    """Print all attributes of the one domain that is meant."""
    _print(console, service.find(console.site, args.domainspec))
    return DONE


def _print(console: Console, domain: DomainInfo) -> None:
    console.say(console.heading(f"{domain.name}:"))
    for name, value_of in service.QUERY.attributes.items():
        value = text_of(value_of(domain))
        status = f" ({STATUS_NAMES[domain.status]})" if name == "domainStatus" else ""
        console.say(f"  {name}: {value}{status}".rstrip())


def _columns(args: argparse.Namespace) -> dict[str, str | int | None]:
    """Return the attributes that were given, by column."""
    if args.chat:
        raise InputError("chat is not available in this release; leave --chat out or say no")
    given = {column: getattr(args, column) for column in service.COLUMNS.values()}
    return {column: value for column, value in given.items() if value is not None}
