"""One host: its overlay, its boot, its end."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from testhost import network, rootfs
from testhost.checkout import HostError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from testhost.checkout import Checkout

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
#: The most a host may write; it is memory of this machine.
_TMPFS: Final = os.environ.get("GROMOX_TEST_HOSTS_TMPFS", "4g")
_BOOT_TIMEOUT: Final = 90.0
_STOP_TIMEOUT: Final = 30.0
_FIRST_ADDRESS: Final = 10
#: nspawn ends with status 133 when the system inside reboots: whoever started it starts it again.
_RUN_AGAIN: Final = 'while :; do "$@"; [ $? = 133 ] || exit; done'


@dataclass(frozen=True, slots=True)
class Host:
    """A host of a checkout, running or not."""

    checkout: Checkout
    name: str

    def __post_init__(self) -> None:
        """Refuse names that could not be a machine's."""
        if not _NAME.fullmatch(self.name):
            raise HostError(f"{self.name!r} is no name for a host: lower-case letters, digits, hyphens")

    @property
    def folder(self) -> Path:
        """What is known of the host; gone after `down`."""
        return self.checkout.state / "hosts" / self.name

    @property
    def root(self) -> Path:
        """The host's root file system, mounted as long as the host exists."""
        return self.folder / "root"

    @property
    def machine(self) -> str:
        """The name among all machines of this computer."""
        return f"{self.checkout.label}-{self.name}"

    @property
    def address(self) -> str:
        """IPv4 address on the bridge."""
        try:
            return (self.folder / "address").read_text().strip()
        except FileNotFoundError:
            raise HostError(f"there is no host {self.name}; scripts/host up {self.name} makes it") from None

    def up(self, *, bare: bool, resolver: str | None = None) -> None:
        """Boot the host and wait until it is ready; a host that runs stays as it is."""
        lower = rootfs.base(bare=bare)
        with self.checkout.locked():
            if self.pid() is None:
                self._remove()
                try:
                    self._make(lower, resolver)
                    self._boot()
                except BaseException:
                    self._remove()
                    raise
            _write_ssh_config(self.checkout)
        self.wait()

    def down(self) -> None:
        """Stop the host and forget everything it wrote; takes the bridge away after the last one."""
        with self.checkout.locked():
            self._stop()
            self._remove()
            _write_ssh_config(self.checkout)
            if not any(hosts(self.checkout)):
                network.remove(self.checkout)

    def pid(self) -> int | None:
        """The process that keeps the container running, None if there is none."""
        try:
            number = int((self.folder / "pid").read_text())
            arguments = Path("/proc", str(number), "cmdline").read_bytes()
        except (FileNotFoundError, ValueError):
            return None
        return number if f"--machine={self.machine}".encode() in arguments.split(b"\0") else None

    def ssh(self, *command: str) -> list[str]:
        """The command line that runs a command on the host, or a shell."""
        return ["ssh", "-q", "-F", str(self.checkout.state / "ssh_config"), self.name, *command]

    def wait(self) -> None:
        """Wait until ssh answers and systemd has started everything.

        Raises:
            HostError: not within the time; the message has the end of the console.
        """

        def answers() -> bool:
            with socket.socket() as probe:
                probe.settimeout(1)
                return probe.connect_ex((self.address, 22)) == 0 and probe.recv(4) == b"SSH-"

        try:
            _until(answers, _BOOT_TIMEOUT)
            # "degraded" is an answer too: a unit that failed is the business of whoever looks.
            state = run(self.ssh("systemctl is-system-running --wait || true"), timeout=_BOOT_TIMEOUT)
        except (TimeoutError, HostError) as error:
            raise HostError(f"{self.name} did not become ready: {error}\n{self._console()}") from None
        if state.strip() not in {"running", "degraded"}:
            raise HostError(f"{self.name} is {state.strip() or 'silent'}\n{self._console()}")

    def reboot(self) -> None:
        """Let the host shut down and start again, and wait until it is ready."""
        before = self._init_started()
        # The connection may end before the command does.
        subprocess.run(self.ssh("systemctl --no-block reboot"), timeout=_STOP_TIMEOUT, check=False)

        def is_another() -> bool:
            try:
                return self._init_started() != before
            except HostError:
                return False

        try:
            _until(is_another, _BOOT_TIMEOUT)
        except TimeoutError as error:
            raise HostError(f"{self.name} did not reboot: {error}\n{self._console()}") from None
        self.wait()

    def _init_started(self) -> str:
        """When the first process of the host began; the kernel's own boot is that of this machine."""
        return run(self.ssh("cut -d' ' -f22 /proc/1/stat"), timeout=_STOP_TIMEOUT)

    def _make(self, lower: Path, resolver: str | None) -> None:
        subnet = network.subnet(self.checkout)
        ram = self.folder / "ram"
        for folder in (ram, self.root):
            folder.mkdir(parents=True)
        run(["mount", "-t", "tmpfs", "-o", f"size={_TMPFS},mode=755", "tmpfs", str(ram)], timeout=10)
        for part in ("upper", "work"):
            (ram / part).mkdir()
        layers = f"lowerdir={lower},upperdir={ram / 'upper'},workdir={ram / 'work'}"
        run(["mount", "-t", "overlay", "-o", layers, "overlay", str(self.root)], timeout=10)
        address = _free_address(self.checkout, subnet)
        (self.folder / "address").write_text(f"{address}\n")
        self._write_files(ipaddress.IPv4Interface(f"{address}/{subnet.prefixlen}"), str(subnet[1]), resolver)

    def _write_files(self, address: ipaddress.IPv4Interface, gateway: str, resolver: str | None) -> None:
        """What makes a copy of the shared system a host of its own."""
        loopback = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
        names = f"nameserver {resolver}\n" if resolver else Path("/etc/resolv.conf").read_text()
        files = {
            "etc/hostname": f"{self.name}\n",
            "etc/machine-id": "",
            "etc/hosts": f"{loopback}127.0.1.1 {self.name}\n",
            "etc/resolv.conf": names,
            "etc/systemd/network/10-host0.network": (
                f"[Match]\nName=host0\n[Link]\nMTUBytes={network.mtu()}\n"
                f"[Network]\nAddress={address}\nGateway={gateway}\n"
            ),
            "root/.ssh/authorized_keys": self.checkout.key.with_suffix(".pub").read_text(),
        }
        for name, content in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if ".ssh" in name else 0o755)
            file.unlink(missing_ok=True)
            file.write_text(content)
        wants = self.root / "etc/systemd/system/multi-user.target.wants"
        wants.mkdir(parents=True, exist_ok=True)
        unit = wants / "systemd-networkd.service"
        unit.unlink(missing_ok=True)
        unit.symlink_to("/lib/systemd/system/systemd-networkd.service")
        # Every host has keys of its own, and they are known before the first connection.
        for key in (self.root / "etc/ssh").glob("ssh_host_*"):
            key.unlink()
        run(["ssh-keygen", "-q", "-A", "-f", str(self.root)], timeout=60)

    def _boot(self) -> None:
        command = [
            *("sh", "-c", _RUN_AGAIN, "sh"),
            "systemd-nspawn",
            "--quiet",
            "--boot",
            f"--directory={self.root}",
            f"--machine={self.machine}",
            f"--hostname={self.name}",
            f"--network-bridge={self.checkout.bridge}",
            # This machine need not run systemd itself.
            "--register=no",
            "--keep-unit",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--console=pipe",
        ]
        with (self.folder / "console.log").open("wb") as console:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (self.folder / "pid").write_text(f"{process.pid}\n")

    def _stop(self) -> None:
        number = self.pid()
        if number is None:
            return
        # nspawn turns SIGTERM into an orderly shutdown of the host.
        for child in _children(number):
            os.kill(child, signal.SIGTERM)
        try:
            _until(lambda: self.pid() is None, _STOP_TIMEOUT)
        except TimeoutError:
            for process in _family(number):
                os.kill(process, signal.SIGKILL)
            _until(lambda: self.pid() is None, _STOP_TIMEOUT)

    def _remove(self) -> None:
        for mount in (self.root, self.folder / "ram"):
            if mount.is_mount():
                run(["umount", "--recursive", "--lazy", str(mount)], timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _console(self) -> str:
        try:
            return "\n".join((self.folder / "console.log").read_text(errors="replace").splitlines()[-15:])
        except FileNotFoundError:
            return ""


def hosts(checkout: Checkout) -> Iterator[Host]:
    """The hosts that exist, by name."""
    for folder in sorted((checkout.state / "hosts").glob("*")):
        yield Host(checkout, folder.name)


def _free_address(checkout: Checkout, subnet: ipaddress.IPv4Network) -> str:
    taken = {file.read_text().strip() for file in (checkout.state / "hosts").glob("*/address")}
    return next(str(subnet[n]) for n in range(_FIRST_ADDRESS, 250) if str(subnet[n]) not in taken)


def _write_ssh_config(checkout: Checkout) -> None:
    """Names, addresses and keys of all hosts, for ssh and whatever uses it."""
    known, config = [], []
    for host in hosts(checkout):
        public = next(iter((host.root / "etc/ssh").glob("ssh_host_ed25519_key.pub")), None)
        if public is not None:
            known.append(f"{host.name},{host.address} {' '.join(public.read_text().split()[:2])}")
        config += [f"Host {host.name} {host.address}", f"  HostName {host.address}"]
    config += [
        "Host *",
        "  User root",
        f"  IdentityFile {checkout.key}",
        "  IdentitiesOnly yes",
        f"  UserKnownHostsFile {checkout.state / 'known_hosts'}",
        "  HostKeyAlgorithms ssh-ed25519",
        "  ConnectTimeout 10",
        "  ServerAliveInterval 15",
        "  BatchMode yes",
    ]
    (checkout.state / "known_hosts").write_text("".join(f"{line}\n" for line in known))
    (checkout.state / "ssh_config").write_text("".join(f"{line}\n" for line in config))


def _children(number: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{number}/task/{number}/children").read_text().split()]


def _family(number: int) -> list[int]:
    """A process and everything below it, itself first, so that it starts nothing anew."""
    return [number, *(process for child in _children(number) for process in _family(child))]


def _until(condition: Callable[[], bool], timeout: float) -> None:
    end = time.monotonic() + timeout
    while True:
        try:
            if condition():
                return
        except OSError:
            # A host that boots refuses, drops and forgets connections.
            pass
        if time.monotonic() > end:
            raise TimeoutError(f"not within {timeout:.0f} seconds")
        time.sleep(0.1)
