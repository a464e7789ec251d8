"""The command line of gromox-verify."""

from __future__ import annotations

import json
import socket
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base.secret import Secret
from gromox.tools.command_line import DONE, REFUSED, add_config, guarded, new_parser, say
from gromox.tools.verify import entrance, passage, secrecy
from gromox.tools.verify.place import PORTS, Place
from gromox.tools.verify.point import look_at

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from gromox.tools.verify.point import Finding

PROGRAM: Final = "gromox-verify"
_DEFAULT_SERVICES: Final = ("smtp", "submission", "submissions", "imaps", "pop3s")
_BUNDLE: Final = Path("/etc/grommunio-common/ssl/server-bundle.pem")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the program."""
    parser = new_parser(
        PROGRAM,
        "Look at the mail system as users and other systems see it: ports, certificates, logins, mail.",
        epilog="Exit status 1 if something is not as it should be. Without --user one is made for this run; "
        "nothing of other users is touched.",
    )
    add_config(parser)
    parser.add_argument("--host", default=socket.getfqdn(), help="name of the system (default: %(default)s)")
    parser.add_argument("--address", help="where to connect (default: what the name leads to)")
    parser.add_argument("--domain", default="", help="where the user is made (default: the first domain)")
    parser.add_argument("--user", help="log in as this user; the password is read from standard input")
    parser.add_argument(
        "--services",
        default=",".join(_DEFAULT_SERVICES),
        help=f"what to look at, of {','.join(PORTS)} (default: %(default)s)",
    )
    parser.add_argument("--port", action="append", default=[], metavar="SERVICE=PORT", help="another port")
    parser.add_argument("--ca-file", help="who signs the certificate, PEM (default: whom the system trusts)")
    parser.add_argument(
        "--any-ca", action="store_true", help="accept any certificate (one signed by itself), but compare it"
    )
    parser.add_argument(
        "--bundle", type=Path, default=_BUNDLE, help="the certificate to compare (default: %(default)s)"
    )
    parser.add_argument("--no-filter", action="store_true", help="there is no spam filter")
    parser.add_argument("--json", action="store_true", help="write JSON for programs")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    parser = build_parser()
    args = parser.parse_args(argv)
    services = tuple(name for name in args.services.split(",") if name)
    unknown = [name for name in services if name not in PORTS]
    ports = dict(PORTS)
    for each in args.port:
        name, _, number = each.partition("=")
        if name not in PORTS or not number.isdecimal():
            parser.error(f"--port {each}: write SERVICE=PORT")
        ports[name] = int(number)
    if unknown:
        parser.error(f"--services: there is no {', '.join(unknown)}")
    return guarded(PROGRAM, lambda: _verify(args, services, ports))


def _verify(args: argparse.Namespace, services: tuple[str, ...], ports: dict[str, int]) -> int:
    with ExitStack() as stack:
        if args.user:
            user, password = args.user, Secret(sys.stdin.readline().rstrip("\n"))
        else:
            from gromox.tools.verify.visitor import visitor

            user, password = stack.enter_context(visitor(args.config, args.domain))
        place = Place(
            host=args.host,
            address=args.address or args.host,
            user=user,
            password=password,
            services=services,
            ports=ports,
            ca_file="" if args.any_ca else args.ca_file,
        )
        bundle = args.bundle if args.bundle.exists() else None
        points = [
            *secrecy.points(place, bundle),
            *entrance.points(place),
            *passage.points(place, filtered=not args.no_filter),
        ]
        findings = []
        for finding in look_at(points):
            findings.append(finding)
            if not args.json:
                say(_told(finding))
    wrong = [finding for finding in findings if not finding.ok]
    if args.json:
        say(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        say(f"{len(findings)} points, {len(wrong)} not as they should be")
    return REFUSED if wrong else DONE


def _told(finding: Finding) -> str:
    if finding.ok:
        return f"ok    {finding.name}: {finding.seen}"
    hint = f"\n      {finding.hint}" if finding.hint else ""
    return f"FAIL  {finding.name}: {finding.seen}{hint}"
