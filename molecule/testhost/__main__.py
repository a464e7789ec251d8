"""Command line of the test hosts: `scripts/host --help`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

from testhost import rootfs
from testhost.checkout import Checkout, HostError, run
from testhost.host import Host, hosts

if TYPE_CHECKING:
    from collections.abc import Callable

_PROGRAMS: Final = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "ssh": "openssh-client",
    "ip": "iproute2",
}
#: What a host needs of the kernel, each tried without leaving anything behind.
_ABILITIES: Final = {
    "make namespaces and mount in them": [
        *("unshare", "--mount", "--net", "--pid", "--fork", "--uts", "--ipc"),
        *("mount", "-t", "tmpfs", "tmpfs", "/mnt"),
    ],
    "make bridges": ["unshare", "--net", "ip", "link", "add", "probe", "type", "bridge"],
    "translate addresses": ["unshare", "--net", "nft", "add", "table", "ip", "probe"],
}


def _up(arguments: argparse.Namespace) -> None:
    _require()
    for name in arguments.names:
        host = Host(Checkout.of(), name)
        host.up(bare=arguments.bare, resolver=arguments.resolver)
        print(f"{name} {host.address}")


def _down(arguments: argparse.Namespace) -> None:
    checkout = Checkout.of()
    for name in arguments.names or ([host.name for host in hosts(checkout)] if arguments.all else []):
        Host(checkout, name).down()


def _ssh(arguments: argparse.Namespace) -> None:
    host = Host(Checkout.of(), arguments.name)
    if host.pid() is None:
        raise HostError(f"{host.name} does not run; scripts/host up {host.name} starts it")
    command = host.ssh(*arguments.command)
    os.execvp(command[0], command)  # noqa: S606  # ssh takes our place: its exit status is ours


def _reboot(arguments: argparse.Namespace) -> None:
    for name in arguments.names:
        Host(Checkout.of(), name).reboot()


def _list(_: argparse.Namespace) -> None:
    checkout = Checkout.of()
    table = [
        {
            "name": host.name,
            "address": host.address,
            "running": host.pid() is not None,
            "root": str(host.root),
            "ssh_config": str(checkout.state / "ssh_config"),
            "identity_file": str(checkout.key),
        }
        for host in hosts(checkout)
    ]
    print(json.dumps(table, indent=2))


def _base(arguments: argparse.Namespace) -> None:
    _require()
    print(rootfs.base(bare=arguments.bare))


def _prune(_: argparse.Namespace) -> None:
    for path in rootfs.prune():
        print(f"removed {path}")


def _check(_: argparse.Namespace) -> None:
    _require()
    for what, command in _ABILITIES.items():
        try:
            run(command, timeout=20)
        except HostError as error:
            raise HostError(f"this machine does not let us {what}: {error}") from None


def _require() -> None:
    """Say in one sentence what keeps this machine from running hosts."""
    if os.geteuid() != 0:
        raise HostError("test hosts need root")
    if missing := sorted({package for name, package in _PROGRAMS.items() if shutil.which(name) is None}):
        raise HostError(f"test hosts need more packages: apt-get install {' '.join(missing)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/host", description="Test hosts with a real systemd.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, action: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(action=action)
        return added

    up = verb("up", _up, "boot hosts and wait until they are ready; prints names and addresses")
    up.add_argument("names", nargs="+", metavar="NAME")
    up.add_argument("--bare", action="store_true", help="without the packages of the roles")
    up.add_argument("--resolver", metavar="ADDRESS", help="name server of the host (default: this machine's)")
    down = verb("down", _down, "stop hosts and forget what they wrote")
    down.add_argument("names", nargs="*", metavar="NAME")
    down.add_argument("--all", action="store_true", help="every host of this checkout")
    ssh = verb("ssh", _ssh, "run a command on a host, or a shell")
    ssh.add_argument("name", metavar="NAME")
    ssh.add_argument("command", nargs=argparse.REMAINDER)
    reboot = verb("reboot", _reboot, "reboot hosts and wait until they are ready again")
    reboot.add_argument("names", nargs="+", metavar="NAME")
    verb("list", _list, "the hosts of this checkout, as JSON")
    base = verb("base", _base, "build the root file system that hosts share; prints its path")
    base.add_argument("--bare", action="store_true", help="the one without the packages of the roles")
    verb("prune", _prune, "remove cached root file systems that are no longer used")
    verb("check", _check, "say whether this machine can run hosts")
    return parser


def main() -> int:
    """Run the verb of the command line."""
    arguments = _parser().parse_args()
    try:
        arguments.action(arguments)
    except HostError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
