"""``grommunio-admin domain dkim``: keys in a folder, records for DNS."""

from __future__ import annotations

import base64
import os
import re
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gromox.admin.service import dkim
from gromox.admin.service.errors import AdminError
from gromox.directory.errors import InvalidError

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Installation

RECORD = re.compile(r'(\S+) IN TXT \( "v=DKIM1; k=rsa; p=" ("[^"]{1,255}"(?: "[^"]{1,255}")*) \)\n')


@pytest.fixture
def folder(installation: Installation) -> Path:
    """The folder of the keys, as the role makes it."""
    made = installation.folder / "dkim"
    made.mkdir(mode=0o750)
    (installation.conf_d / "antispam.yaml").write_text(
        f"options: {{dkimPath: {made}, dkimSelector: s1, dkimBits: 1024}}\n"
    )
    return made


def public_key(record: str) -> rsa.RSAPublicKey:
    """Read a record as whoever verifies a signature does."""
    found = RECORD.fullmatch(record)
    assert found is not None, record
    key = serialization.load_der_public_key(base64.b64decode("".join(re.findall('"([^"]+)"', found[2]))))
    assert isinstance(key, rsa.RSAPublicKey)
    return key


def private_key(file: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def test_a_new_domain_is_signed_and_its_record_is_told(installation: Installation, folder: Path) -> None:
    ran = installation.run("domain", "create", "-u", "1", "example.test")

    assert (ran.code, ran.err) == (0, "")
    record = ran.out.splitlines(keepends=True)[-1]
    assert record.startswith("s1._domainkey.example.test. IN TXT ")
    file = folder / "example.test.s1.key"
    key = private_key(file)
    assert key.key_size == 1024
    assert public_key(record).public_numbers() == key.public_key().public_numbers()
    assert file.stat().st_mode & 0o777 == 0o440
    assert (folder / "example.test.s1.txt").read_text() == record
    assert sorted(path.name for path in folder.iterdir()) == ["example.test.s1.key", "example.test.s1.txt"]
    # Asked again it is the same.
    assert installation.run("domain", "dkim", "example").out == record
    assert private_key(file).private_numbers() == key.private_numbers()


def test_the_timer_makes_what_is_missing_and_says_no_more(installation: Installation, folder: Path) -> None:
    for name in ("a.test", "b.test", "gone.test"):
        assert installation.run("domain", "create", "-u", "1", name).code == 0
    (folder / "b.test.s1.key").unlink()
    (folder / "gone.test.s1.key").unlink()
    installation.run("domain", "delete", "gone.test")

    ran = installation.run("domain", "dkim", "-q")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("s1._domainkey.b.test. ")
    assert ran.out.count("\n") == 1
    assert installation.run("domain", "dkim", "--quiet").out == ""
    assert installation.run("domain", "dkim").out.count("_domainkey") == 2
    assert not (folder / "gone.test.s1.key").exists()


def test_a_new_key_leaves_the_old_one_beside_it(installation: Installation, folder: Path) -> None:
    before = installation.run("domain", "create", "-u", "1", "example.test").out.splitlines(keepends=True)[-1]

    ran = installation.run("domain", "dkim", "--renew", "example.test")

    assert ran.code == 0
    assert public_key(ran.out).public_numbers() != public_key(before).public_numbers()
    old = private_key(folder / "example.test.s1.key.old")
    assert old.public_key().public_numbers() == public_key(before).public_numbers()
    assert installation.run("domain", "dkim", "--renew", "example.test").code == 0
    assert len(list(folder.iterdir())) == 3
    refused = installation.run("domain", "dkim", "--renew")
    assert (refused.code, refused.out) == (1, "")


def test_files_belong_to_whom_the_folder_belongs(installation: Installation, folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(folder, 65534, 65533)
    installation.run("domain", "create", "-u", "1", "example.test")

    assert {(path.stat().st_uid, path.stat().st_gid) for path in folder.iterdir()} == {(65534, 65533)}


def test_where_no_keys_are_kept_domains_are_made_all_the_same(installation: Installation) -> None:
    assert installation.run("domain", "create", "-u", "1", "example.test").out.count("\n") == 1
    ran = installation.run("domain", "dkim")
    assert ran.code == 1
    assert "options.dkimPath" in ran.err


def test_a_folder_that_is_not_there_is_named(installation: Installation) -> None:
    (installation.conf_d / "antispam.yaml").write_text("options: {dkimPath: /nonexistent/dkim}\n")

    ran = installation.run("domain", "create", "-u", "1", "example.test")
    assert (ran.code, ran.out.count("\n")) == (0, 1)
    assert "the domain has no DKIM key yet: the folder of the keys, /nonexistent/dkim" in ran.err
    assert installation.run("domain", "dkim").code == 1


def test_a_file_that_is_no_key_is_named(installation: Installation, folder: Path) -> None:
    (folder / "example.test.s1.key").write_text("nothing")

    ran = installation.run("domain", "create", "-u", "1", "example.test")

    assert ran.code == 0
    assert "example.test.s1.key has no private key" in ran.err
    # And the others have theirs all the same.
    installation.run("domain", "create", "-u", "1", "other.test")
    ran = installation.run("domain", "dkim")
    assert ran.code == 1
    assert ran.out.startswith("s1._domainkey.other.test. ")


def test_a_name_from_the_table_never_leads_out_of_the_folder(
    installation: Installation, folder: Path
) -> None:
    for name in ("../../etc/cron.d/x", "a/b.test", "Example.test", ""):
        with pytest.raises((AdminError, InvalidError)):
            dkim.ensure(dkim.Keys(folder, "s1", 1024), name)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    "wrong", ["dkimSelector: a/b", "dkimSelector: ''", "dkimBits: 512", "dkimBits: 99999"]
)
def test_settings_that_make_no_key_are_refused(installation: Installation, folder: Path, wrong: str) -> None:
    (installation.conf_d / "antispam.yaml").write_text(f"options: {{dkimPath: {folder}, {wrong}}}\n")

    ran = installation.run("domain", "dkim")

    assert ran.code == 1
    assert "options.dkimSelector" in ran.err
