"""Directives of imap.cfg."""

from __future__ import annotations

import pytest

from gromox.base.settings import Settings, SettingsError, render_manual, render_sample
from gromox.imap.settings import PROGRAM, Policy

from tests.imap.driver import Server

#: Fact sheet config.md, section imap.cfg, and the imap_ directives of gromox.cfg.
DIRECTIVES = """
    block_interval_auths context_average_mem context_average_mitem context_num default_lang
    enable_rfc2971_commands imap_auth_times imap_autologout_time imap_cmd_debug imap_conn_timeout
    imap_expunge_on_delete imap_force_tls imap_rfc9051 imap_support_tls imap_certificate_path
    imap_certificate_passwd imap_private_key_path imap_thread_charge_num imap_thread_init_num tls_min_proto
    imap_listen imap_listen_tls imap_accept_haproxy imap_log_file imap_log_level imap_fd_limit
"""
ALIASES = {"imap_force_starttls": "imap_force_tls", "imap_support_starttls": "imap_support_tls"}


def test_every_directive_of_the_manual_is_known() -> None:
    for name in DIRECTIVES.split():
        assert PROGRAM.option(name) is not None, name
    for alias, name in ALIASES.items():
        option = PROGRAM.option(alias)
        assert option is not None
        assert option.name == name


def test_defaults_are_those_of_the_manual() -> None:
    policy = Policy.of(Settings.of(PROGRAM, {"host_id": "h"}))

    assert policy == Policy(
        host="h",
        starttls=False,
        rev2=True,
        force_tls=False,
        identify=False,
        login_attempts=10,
        login_timeout=180.0,
        autologout=1800.0,
        expunge_on_delete=False,
        autosubscribe=True,
        max_mail=64 << 20,
        log_commands=0,
        others="Shared",
        public="Public",
        language="en",
    )


def test_a_session_of_jmap_has_a_url_that_can_be_told() -> None:
    url = "https://mail.example.test:8443/.s/[jmap]?a=b"
    assert Policy.of(Settings.of(PROGRAM, {"imap_jmap_session": f" {url} "})).jmap_session == url
    for wrong in ("http://a.test/", "https://", 'https://a.test/"', "https://a.test/\\", "https://ä.test/"):
        with pytest.raises(SettingsError):
            Settings.of(PROGRAM, {"imap_jmap_session": wrong})


def test_everything_is_explained() -> None:
    for text in (render_sample(PROGRAM), render_manual(PROGRAM)):
        assert all(name in text for name in DIRECTIVES.split())


def test_rev2_elements_can_be_hidden(server: Server) -> None:
    server.configure(imap_rfc9051="0")

    greeting = server.connect().greeting

    assert b"ESEARCH" not in greeting
    assert b"CAPABILITY IMAP4rev1 " in greeting
