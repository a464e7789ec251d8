"""The command line on MariaDB, configured as the manual says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from gromox.directory import schema
from tests.support import mariadb


if TYPE_CHECKING:
    from .conftest import Installation


def test_a_domain_and_a_user_come_and_go(installation: Installation) -> None:
    reason = mariadb.missing()
    if reason:
        pytest.skip(f"MariaDB is not tested: {reason}")
    with mariadb.MariaDb.started() as server:
        url = make_url(server.new_database())
        (installation.etc / "mysql_adaptor.cfg").write_text(f"store_path = {installation.stores}\n")
        # manual, chapter "Administration API (AAPI)"
        (installation.conf_d / "database.yaml").write_text(
            f"DB:\n  host: '{server.socket}'\n  user: '{url.username}'\n  database: '{url.database}'\n"
        )
        on_mariadb = type(installation)(installation.folder, installation.etc)
        schema.create(on_mariadb.site.directory)

        assert on_mariadb.run("passwd", "-p", "ChangeMe").code == 0
        assert on_mariadb.run("domain", "create", "-u", "2", "example.test").err == ""
        assert on_mariadb.run("user", "create", "alice@example.test", "--alias", "a@example.test").err == ""
        assert on_mariadb.run("passwd", "-p", "one two", "alice@example.test").code == 0
        assert on_mariadb.run("user", "login", "--password", "one two", "a@example.test").code == 0
        assert "alice@example.test" in on_mariadb.run("user", "query").out
        assert on_mariadb.run("user", "delete", "-y", "alice").code == 0
        assert on_mariadb.run("domain", "delete", "1").code == 0
        assert on_mariadb.run("domain", "purge", "-f", "-y").code == 0
        assert not [path for path in installation.files() if "/" in path]

        server.kill()
        ran = on_mariadb.run("user", "query")
        assert (ran.code, ran.out) == (3, "")
        assert "Traceback" not in ran.err
        on_mariadb.site.close()
