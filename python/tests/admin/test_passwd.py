"""``grommunio-admin passwd``, with the lines of the manual."""

from __future__ import annotations

import pytest

from gromox.admin.service.errors import InputError
from gromox.admin.service.password import generate
from gromox.base.secret import Secret
from gromox.directory import credential

from .conftest import Installation


def is_admins(installation: Installation, password: str) -> bool:
    return credential.verify_admin(installation.site.directory, Secret(password))


def test_the_administrator_is_made_when_missing(installation: Installation) -> None:
    # manual, chapter "Appliance": grommunio-admin passwd --password "ChangeMe"
    ran = installation.run("passwd", "--password", "ChangeMe")

    assert (ran.code, ran.out, ran.err) == (0, "Password of admin updated\n", "")
    assert is_admins(installation, "ChangeMe")
    assert installation.run("user", "query").out == "(No data)\n"


def test_it_is_asked_for_or_read_from_a_pipe(installation: Installation) -> None:
    # manual, chapter "Administration API": grommunio-admin passwd
    assert installation.run("passwd", stdin="pä ss\n").code == 0
    assert is_admins(installation, "pä ss")


def test_nothing_entered_changes_nothing(installation: Installation) -> None:
    installation.run("passwd", "-p", "first")

    ran = installation.run("passwd", stdin="\n")

    assert ran.code == 1
    assert "nothing was changed" in ran.err
    assert installation.run("passwd", "-p", "").code == 1
    assert is_admins(installation, "first")


@pytest.mark.parametrize("options", [("-a",), ("--auto", "-l", "30")])
def test_a_made_password_is_printed_and_works(installation: Installation, options: tuple[str, ...]) -> None:
    ran = installation.run("passwd", *options)

    password = ran.out.removeprefix("New password is ").strip()
    assert len(password) == (30 if "-l" in options else 16)
    assert is_admins(installation, password)


def test_mail_users_have_passwords_too(example: Installation) -> None:
    example.run("user", "create", "alice@example.test")

    assert example.run("passwd", "-p", "new one", "alice@example.test").code == 0
    assert example.run("user", "login", "--password", "new one", "alice@example.test").code == 0
    assert "no user eve" in example.run("passwd", "-p", "x", "eve@example.test").err


def test_a_given_password_is_never_printed(installation: Installation) -> None:
    ran = installation.run("passwd", "-p", "very secret")

    assert "secret" not in ran.out + ran.err


@pytest.mark.parametrize("length", [0, 7, 129])
def test_silly_lengths_are_refused(length: int) -> None:
    with pytest.raises(InputError):
        generate(length)
