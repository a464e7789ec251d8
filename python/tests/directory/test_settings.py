from __future__ import annotations

import base64
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import URL

from gromox.base.settings import Program, Settings, SettingsError
from gromox.directory import Directory
from gromox.directory.auth_settings import AUTH_OPTIONS, auth_policy
from gromox.directory.engine import Limits, Tls
from gromox.directory.errors import InvalidError
from gromox.directory.settings import PROGRAM, database_url, limits, may_upgrade_schema, store_paths, tls


def of(**values: str) -> Settings:
    return Settings.of(PROGRAM, values)


def url_of(**values: str) -> URL:
    found = database_url(of(**values))
    assert isinstance(found, URL)
    return found


def test_the_defaults_are_those_of_the_fact_sheet() -> None:
    url = url_of(mysql_host="db.internal")

    assert (url.username, url.password, url.database, url.port) == ("root", "", "email", 3306)
    assert limits(of()) == Limits(connections=8, connect_timeout=20, io_timeout=20, idle_timeout=60)
    assert tls(of()) == Tls()
    assert store_paths(of()).user == Path("/var/lib/gromox/user")
    assert store_paths(of(store_path="/srv")).of_domain("a.test") == "/srv/domain/a.test"


def test_the_manuals_example() -> None:
    settings = of(
        mysql_username="grommunio",
        mysql_password="freddledgruntbuggly",
        mysql_dbname="grommunio",
        schema_upgrade="host:mail.example.net",
        mysql_host="::1",
        mysql_port="3307",
        mysql_rdwr_timeout="5s",
    )

    url = database_url(settings)
    assert isinstance(url, URL)
    assert (
        url.render_as_string(hide_password=False)
        == "mysql+pymysql://grommunio:freddledgruntbuggly@[::1]:3307/grommunio"
    )
    assert "freddled" not in repr(url)
    assert limits(settings).io_timeout == 5
    assert may_upgrade_schema(settings, "MAIL.example.net")
    assert not may_upgrade_schema(settings, "other.example.net")
    assert not may_upgrade_schema(of(), "")
    assert not may_upgrade_schema(of(schema_upgrade="host:"), "")


def test_a_path_is_a_socket() -> None:
    url = url_of(mysql_host="/run/x.sock")

    assert url.host is None
    assert url.query == {"unix_socket": "/run/x.sock"}


def test_our_own_option_wins() -> None:
    assert database_url(of(user_database="sqlite:////tmp/x.sqlite3")) == "sqlite:////tmp/x.sqlite3"


def test_a_compressed_password_is_read() -> None:
    packed = base64.b64encode(zstandard.compress(b"geheim")).decode()

    assert url_of(mysql_password_mode_id107=packed).password == "geheim"


@pytest.mark.parametrize(
    "bad",
    [
        *("geheim", "!", base64.b64encode(b"not zstd").decode()),
        base64.b64encode(zstandard.compress(b"x" * 10_000_000)).decode(),
        base64.b64encode(zstandard.compress(b"")).decode(),
        base64.b64encode(zstandard.compress(b"\xff")).decode(),
    ],
)
def test_a_bad_compressed_password_is_refused(bad: str) -> None:
    with pytest.raises(SettingsError, match="id107"):
        url_of(mysql_password_mode_id107=bad)


def test_the_other_obfuscation_is_refused_with_advice() -> None:
    with pytest.raises(SettingsError, match="mysql_password"):
        url_of(mysql_password_mode_id555="eA==")
    assert url_of(mysql_password_mode_id555="eA==", mysql_password="x").password == "x"


@pytest.mark.parametrize("bad", ["postgresql://x/y", "nonsense", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(bad: str) -> None:
    with pytest.raises(InvalidError, match="user_database"):
        Directory.connect(bad)


def test_a_directory_is_opened_by_settings(tmp_path: Path) -> None:
    directory = Directory.open(of(user_database=f"sqlite:///{tmp_path}/u.sqlite3", store_path=str(tmp_path)))

    assert directory.paths.user == tmp_path / "user"
    directory.close()


def test_how_logins_are_verified() -> None:
    daemon = Program("imap", "IMAP", ("gromox.cfg",), AUTH_OPTIONS)
    values = {
        "auth_backend_selection": "ALWAYS_MYSQL",
        "auth_fail_delay": "2s",
        "userfilter_rl_maxtries": "5",
    }

    policy = auth_policy(Settings.of(daemon, values), of(enable_firsttimepw="yes"))

    assert (policy.backend, policy.fail_delay, policy.first_password) == ("always_mysql", 2, True)
    assert (policy.limits.max_tries, policy.limits.ban, policy.cache_lifetime) == (5, 60, 60)
