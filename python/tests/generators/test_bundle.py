"""The archives that a host is installed from."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import pytest

from generators import bundle
from gromox import __version__


def archive(path: Path) -> dict[str, tarfile.TarInfo]:
    bundle.write_archive(path, bundle.files())
    with tarfile.open(path) as read:
        return {member.name: member for member in read.getmembers()}


def test_programs_lie_where_the_manual_names_them(tmp_path: Path) -> None:
    members = archive(tmp_path / "files.tar")

    assert members["usr/libexec/gromox/imap"].linkname == "/usr/lib/gromox/current/bin/gromox-imap"
    assert members["usr/sbin/gromox-dbop"].linkname == "/usr/lib/gromox/current/bin/gromox-dbop"
    assert members["usr/sbin/grommunio-admin"].issym()
    assert members["usr/share/man/man8/delivery-queue.8gx.gz"].linkname == "../man5/smtp.cfg.5.gz"
    assert "usr/share/bash-completion/completions/grommunio-admin" in members


def test_the_same_sources_make_the_same_octets(tmp_path: Path) -> None:
    archive(tmp_path / "one.tar")
    archive(tmp_path / "two.tar")

    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_no_member_leaves_the_folder_it_is_unpacked_in(tmp_path: Path) -> None:
    for name in archive(tmp_path / "files.tar"):
        assert not name.startswith("/")
        assert ".." not in Path(name).parts


def test_the_list_names_our_wheel_with_its_hash(tmp_path: Path) -> None:
    wheel = tmp_path / f"gromox-{__version__}-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    lock = tmp_path / "empty.txt"
    lock.write_text("")

    members = {info.name: content for info, content in bundle.wheels("3.11", lock, wheel)}

    assert members[f"wheels/{wheel.name}"] == b"a wheel"
    digest = hashlib.sha256(b"a wheel").hexdigest()
    assert members["requirements.txt"].decode() == f"gromox=={__version__} --hash=sha256:{digest}\n"


def test_what_fails_is_told() -> None:
    with pytest.raises(SystemExit, match="no-such-module"):
        bundle._output("-m", "no-such-module")
