"""The options of intake and delivery: what both have is the same, and none of the fact sheet is missing."""

from __future__ import annotations

import pytest

from gromox.base.settings import Program, Settings
from gromox.delivery.settings import PROGRAM as DELIVERY
from gromox.lmtp.settings import PROGRAM as INTAKE
from gromox.pop3.settings import PROGRAM as POP3

NAMES = {
    INTAKE: """
        command_protocol context_average_mem context_max_mem context_num lda_thread_charge_num
        lda_thread_init_num mail_max_length smtp_conn_timeout smtp_force_starttls smtp_support_starttls
        smtp_support_pipeline smtp_certificate_path smtp_certificate_passwd smtp_private_key_path
        tls_min_proto lda_listen lda_listen_tls lda_accept_haproxy lda_fd_limit lda_recipient_delimiter
        smtp_log_file smtp_log_level host_id running_identity
    """,
    DELIVERY: """
        admin_mailbox dequeue_maximum_mem dequeue_path free_context_num work_threads_max
        work_threads_min mx_host mx_port cache_scan_interval exmdb_connection_num lda_mrautoproc
        lda_twostep_ruleproc response_audit_capacity response_interval retrying_times x500_org_name
        bounce_postmaster lda_alias_cache_lifetime lda_junk_rules lda_recipient_delimiter
        malloc_trim_interval outgoing_smtp_url delivery_log_file delivery_log_level host_id
        running_identity
    """,
    POP3: """
        block_interval_auths context_average_mem context_average_units context_max_mem context_num
        enable_capa_implementation pop3_auth_times pop3_cmd_debug pop3_conn_timeout pop3_force_tls
        pop3_force_stls pop3_support_tls pop3_support_stls pop3_certificate_path pop3_certificate_passwd
        pop3_private_key_path pop3_thread_charge_num pop3_thread_init_num tls_min_proto pop3_listen
        pop3_listen_tls pop3_accept_haproxy pop3_fd_limit auth_fail_delay auth_backend_selection
    """,
}


@pytest.mark.parametrize("program", NAMES, ids=lambda program: program.name)
def test_every_directive_of_the_fact_sheet_is_declared(program: Program) -> None:
    """config.md."""
    assert [name for name in NAMES[program].split() if program.option(name) is None] == []


def test_what_both_declare_is_the_same() -> None:
    shared = {option.name for option in INTAKE.options} & {option.name for option in DELIVERY.options}

    assert {"dequeue_path", "lda_recipient_delimiter"} <= shared
    for name in shared:
        mine, other = INTAKE.option(name), DELIVERY.option(name)
        assert mine is not None
        assert other is not None
        assert (mine.default, mine.parse) == (other.default, other.parse)


def test_defaults_are_those_of_the_fact_sheet() -> None:
    values = {option.name: Settings.of(program)[option] for program in NAMES for option in program.options}

    assert values["mail_max_length"] == 64 << 20
    assert values["smtp_conn_timeout"] == values["pop3_conn_timeout"] == 180.0
    assert values["cache_scan_interval"] == values["response_interval"] == 180.0
    assert (values["retrying_times"], values["response_audit_capacity"]) == (30, 1000)
    assert (values["work_threads_max"], values["work_threads_min"], values["pop3_auth_times"]) == (5, 1, 10)
    assert values["outgoing_smtp_url"] == "sendmail://localhost"
