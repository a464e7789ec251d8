"""``python -m generators.bundle DIST``: the archives that hosts are installed from.

``DIST`` has the wheel already (``scripts/dist``). For each Python, ``gromox-<version>-py<nn>.tar`` has our
wheel, those of all it needs, and a list with the hash of each: pip installs it without a network and refuses
anything else. ``gromox-<version>-files.tar`` is laid out as the file system: links to programs, manual pages,
completion, sample files. Same sources, same octets: a host that has a bundle recognises it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from generators.command_pages import pages
from generators.settings_docs import programs
from generators.tables import HERE
from gromox import __version__
from gromox.base.settings import render_manual, render_sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TREE: Final = HERE.parent.parent
#: The Python releases that the supported systems have.
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
#: Platform tags of wheels, the newest that the oldest supported system (glibc 2.36) can load first.
_PLATFORMS: Final = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
_MACHINE: Final = "x86_64"
#: Where the role keeps the release in use.
_CURRENT: Final = "/usr/lib/gromox/current"
#: Of every member, as in wheels that hatchling builds: the day of a build is no part of what was built.
_MTIME: Final = 1580601600
#: Of the manual pages of the commands, which describe the release they come with.
_DATE: Final = "November 28, 2026"
_SHELLS: Final = {
    "bash": "usr/share/bash-completion/completions/grommunio-admin",
    "zsh": "usr/share/zsh/vendor-completions/_grommunio-admin",
    "fish": "usr/share/fish/vendor_completions.d/grommunio-admin.fish",
}


def files() -> Iterator[tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]]:
    """Yield the members of the archive of files, folders not included."""
    scripts = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]["scripts"]
    for name, target in sorted(scripts.items()):
        # A daemon goes by its short name in libexec, a command by its full name where root looks for it.
        daemon = target.startswith("gromox.daemons.")
        path = f"usr/libexec/gromox/{name.removeprefix('gromox-')}" if daemon else f"usr/sbin/{name}"
        yield _link(path, f"{_CURRENT}/bin/{name}")
    for program in programs():
        page = f"{program.name}.cfg.5.gz"
        yield _file(f"usr/share/man/man5/{page}", gzip.compress(render_manual(program).encode(), mtime=0))
        # The manual calls up `man 8gx http`.
        for name in sorted({program.name, program.title.removeprefix("gromox-")} - {program.title}):
            yield _link(f"usr/share/man/man8/{name}.8gx.gz", f"../man5/{page}")
        yield _file(f"usr/share/doc/gromox/samples/{program.name}.cfg", render_sample(program).encode())
    reference = (TREE / "docs/reference/cli.md").read_text()
    yield _file("usr/share/doc/gromox/cli.md", reference.encode())
    for name, page in pages(reference, date=_DATE).items():
        yield _file(f"usr/share/man/man8/{name}.8.gz", gzip.compress(page.encode(), mtime=0))
    yield _file("usr/share/doc/gromox/LICENSE", (TREE / "LICENSE").read_bytes())
    for shell, path in _SHELLS.items():
        yield _file(path, _output("-m", "gromox.admin.cli.main", "completion", shell))


def wheels(python: str, requirements: Path, ours: Path) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Yield the members of the bundle for one Python.

    Args:
        python: its release, as ``3.11``.
        requirements: the lock, with hashes; pip verifies what it fetches.
        ours: our wheel.
    """
    with tempfile.TemporaryDirectory() as folder:
        platforms = [option for name in _PLATFORMS for option in ("--platform", f"{name}_{_MACHINE}")]
        _output(
            *("-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"),
            *("--implementation", "cp", "--python-version", python, *platforms),
            *("--requirement", str(requirements), "--dest", folder),
        )
        found = sorted(Path(folder).iterdir())
        yield from (_file(f"wheels/{path.name}", path.read_bytes()) for path in found)
    content = ours.read_bytes()
    yield _file(f"wheels/{ours.name}", content)
    line = f"gromox=={__version__} --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"
    yield _file("requirements.txt", requirements.read_bytes() + line.encode())


def write_archive(path: Path, members: Iterable[tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]]) -> None:
    """Write a tar archive whose octets depend on its members only."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        for member in members:
            info, content = member if isinstance(member, tuple) else (member, b"")
            archive.addfile(info, io.BytesIO(content))


def _file(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = _info(name, 0o644)
    info.size = len(content)
    return info, content


def _link(name: str, target: str) -> tarfile.TarInfo:
    info = _info(name, 0o777)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


def _info(name: str, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode, info.uname, info.gname = mode, "root", "root"
    info.mtime = _MTIME
    return info


def _output(*arguments: str) -> bytes:
    """Run this Python and return what it printed; what it says on standard error is seen if it fails."""
    environment = os.environ | {"PYTHONPATH": str(HERE.parent / "src")}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, env=environment, check=False, timeout=600
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def main() -> int:
    """Write the archives."""
    parser = argparse.ArgumentParser(prog="python -m generators.bundle")
    parser.add_argument("dist", type=Path, help="folder with the wheel")
    parser.add_argument("--python", nargs="+", default=PYTHONS, choices=PYTHONS, help="only these releases")
    options = parser.parse_args()
    ours = options.dist / f"gromox-{__version__}-py3-none-any.whl"
    requirements = HERE.parent / "requirements" / "runtime.txt"
    write_archive(options.dist / f"gromox-{__version__}-files.tar", files())
    for python in options.python:
        name = f"gromox-{__version__}-py{python.replace('.', '')}.tar"
        write_archive(options.dist / name, wheels(python, requirements, ours))
    return 0


if __name__ == "__main__":
    sys.exit(main())
