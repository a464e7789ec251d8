"""Root file systems that hosts share: `bare` and `prepared`, kept in a cache by a hash of their recipe."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from testhost.checkout import CACHE, TREE, HostError, run

if TYPE_CHECKING:
    from collections.abc import Iterator

SUITE: Final = "bookworm"
#: What an installation of Debian without any task has, and what Ansible needs to talk to it.
BARE: Final = (
    "ca-certificates",
    "dbus",
    "ifupdown",
    "iproute2",
    "iputils-ping",
    "netbase",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "systemd",
    "systemd-sysv",
    "udev",
)
#: Packages of the roles, so that a converge need not fetch them; one a line.
PREPARED_LIST: Final = TREE / "molecule" / "prepared-packages"
#: Raise it when building changes without a change of the lists.
_VERSION: Final = 2
_MIRRORS: Final = (
    "deb http://deb.debian.org/debian bookworm main",
    "deb http://deb.debian.org/debian bookworm-updates main",
    "deb http://deb.debian.org/debian-security bookworm-security main",
)
_LOCAL_CA: Final = Path("/usr/local/share/ca-certificates")
#: Seconds until building is given up; measured: 30 bare, 90 prepared on two free cores.
_BUILD_TIMEOUT: Final = 900.0


def sources() -> tuple[str, ...]:
    """The mirrors that apt uses on this machine if it is of the same release, else Debian's own."""
    try:
        fields = "--format=deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
        known = run(["apt-get", "indextargets", fields, "Created-By: Packages"], timeout=30)
    except HostError:
        return _MIRRORS
    found = tuple(
        dict.fromkeys(line for line in known.splitlines() if "/debian" in line and f" {SUITE}" in line)
    )
    return found if any(f" {SUITE} " in line for line in found) else _MIRRORS


def apt_options() -> tuple[str, ...]:
    """How this machine's apt reaches its mirrors: proxies and whether dates of lists are judged."""
    try:
        known = run(["apt-config", "dump"], timeout=30)
    except HostError:
        return ()
    wanted = tuple(
        f"Acquire::{name}" for name in ("http::Proxy", "https::Proxy", "Check-Valid-Until", "Check-Date")
    )
    return tuple(line.rstrip(";") for line in known.splitlines() if line.startswith(wanted))


def prepared_packages() -> list[str]:
    """Names from the list, without comments."""
    lines = (line.partition("#")[0].strip() for line in PREPARED_LIST.read_text().splitlines())
    return sorted({line for line in lines if line})


def base(*, bare: bool) -> Path:
    """The root file system of the asked kind; built if it is not there yet."""
    return _bare() if bare else _prepared()


def prune() -> list[Path]:
    """Remove every cached system that the recipes of this tree do not make."""
    wanted = {_bare_path(), _prepared_path()}
    gone = [path for path in sorted(CACHE.glob("*-????????????")) if path not in wanted]
    for path in gone:
        shutil.rmtree(path)
    return gone


def _bare_path() -> Path:
    certificates = b"".join(path.read_bytes() for path in sorted(_LOCAL_CA.glob("*.crt")))
    return _keyed("bare", *BARE, *sources(), *apt_options(), hashlib.sha256(certificates).hexdigest())


def _prepared_path() -> Path:
    return _keyed("prepared", _bare_path().name, *prepared_packages())


def _keyed(kind: str, *recipe: str) -> Path:
    digest = hashlib.sha256("\0".join((str(_VERSION), *recipe)).encode()).hexdigest()
    return CACHE / f"{kind}-{digest[:12]}"


def _bare() -> Path:
    """A minimal system by mmdebstrap, with the certificates that were added to this machine."""
    path = _bare_path()
    with _building(path) as target:
        if target is None:
            return path
        first, *more = sources()
        mirror = first.split()[1]
        options = [f"--aptopt={option}" for option in (*apt_options(), 'Acquire::Languages "none"')]
        options += ["--variant=apt", "--dpkgopt=force-unsafe-io", f"--include={','.join(BARE)}"]
        # An installed system knows which packages there are.
        options += ["--skip=cleanup/apt/lists"]
        run(["mmdebstrap", *options, SUITE, str(target), mirror, *more], timeout=_BUILD_TIMEOUT)
        _add_certificates(target)
    return path


def _prepared() -> Path:
    """The bare system with more packages, whose daemons were never started."""
    below, path = _bare(), _prepared_path()
    with _building(path) as target:
        if target is None:
            return path
        target.rmdir()
        run(["cp", "-a", "--reflink=auto", str(below), str(target)], timeout=_BUILD_TIMEOUT)
        policy = target / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        apt = ["apt-get", "-qq", "-y", "--option=Dpkg::Use-Pty=0"]
        _inside(target, [*apt, "update"])
        _inside(target, [*apt, "install", "--no-install-recommends", *prepared_packages()])
        _inside(target, ["apt-get", "clean"])
        policy.unlink()
    return path


def _inside(root: Path, command: list[str]) -> None:
    """Run a command in a root file system, with the network of this machine."""
    environment = ["--setenv=DEBIAN_FRONTEND=noninteractive", "--setenv=LC_ALL=C.UTF-8"]
    nspawn = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--console=pipe", "--timezone=off"]
    run(
        [*nspawn, "--resolv-conf=replace-host", f"--directory={root}", *environment, *command],
        timeout=_BUILD_TIMEOUT,
    )


def _add_certificates(root: Path) -> None:
    certificates = sorted(_LOCAL_CA.glob("*.crt"))
    for certificate in certificates:
        shutil.copy(certificate, root / _LOCAL_CA.relative_to("/"))
    if certificates:
        run(["chroot", str(root), "update-ca-certificates"], timeout=120)


@contextmanager
def _building(path: Path) -> Iterator[Path | None]:
    """Give an empty folder to fill, which becomes `path` if nothing fails; None if that is there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    # Two checkouts want the same system: the second waits for the first and finds it.
    with (CACHE / f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            yield None
            return
        target = Path(tempfile.mkdtemp(prefix=f"building-{path.name}-", dir=CACHE))
        target.chmod(0o755)
        try:
            yield target
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        os.replace(target, path)  # noqa: PTH105  # Path.replace says "into", this says "becomes"
