"""The command table is complete and each row is in order."""

from __future__ import annotations

import pytest

from gromox.imap import commands
from gromox.imap.dispatch import COMMANDS, command, no_arguments
from gromox.imap.machine import ANY, AUTHENTICATED, NOT_AUTHENTICATED, SELECTED, TRANSITIONS, Event, State

commands.load()

#: RFC 3501 section 6, and the extensions by their documents.
EXPECTED = {
    ANY: "CAPABILITY NOOP LOGOUT ID LANGUAGE",
    NOT_AUTHENTICATED: "STARTTLS AUTHENTICATE LOGIN",
    AUTHENTICATED: "SELECT EXAMINE CREATE DELETE RENAME SUBSCRIBE UNSUBSCRIBE LIST LSUB XLIST STATUS APPEND"
    " NAMESPACE ENABLE IDLE SETACL DELETEACL GETACL LISTRIGHTS MYRIGHTS GETMETADATA SETMETADATA GETQUOTA"
    " GETQUOTAROOT SETQUOTA ESEARCH UNAUTHENTICATE NOTIFY COMPRESS GENURLAUTH RESETKEY URLFETCH"
    " GETJMAPACCESS",
    SELECTED: "CHECK CLOSE UNSELECT EXPUNGE SEARCH FETCH STORE COPY MOVE REPLACE SORT THREAD CANCELUPDATE",
}
UID_FORMS = {"EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE", "REPLACE", "SORT", "THREAD"}


def test_all_commands_are_there_in_their_states() -> None:
    expected = {verb: states for states, verbs in EXPECTED.items() for verb in verbs.split()}
    expected |= {f"UID {verb}": SELECTED for verb in UID_FORMS}

    assert {row.verb.decode(): row.states for row in COMMANDS.values()} == expected


def test_numbers_are_kept_where_rfc_3501_says() -> None:
    # RFC 3501 7.4.1; RFC 5256 section 3 for the last two.
    kept = {b"FETCH", b"STORE", b"SEARCH", b"SORT", b"THREAD"}
    assert {verb for verb, row in COMMANDS.items() if row.sequence_numbers} == kept


def test_numbers_are_refused_where_a_form_with_uids_is_there() -> None:
    numbered = {verb for verb, row in COMMANDS.items() if row.numbered}

    assert numbered == {form.encode() for form in UID_FORMS - {"EXPUNGE"}}


def test_what_changes_the_selected_mailbox_is_refused_after_examine() -> None:
    writers = {
        b"EXPUNGE",
        b"UID EXPUNGE",
        b"STORE",
        b"UID STORE",
        b"MOVE",
        b"UID MOVE",
        b"REPLACE",
        b"UID REPLACE",
    }

    assert {verb for verb, row in COMMANDS.items() if row.writes} == writers


def test_passwords_are_not_remembered() -> None:
    assert {verb for verb, row in COMMANDS.items() if row.secret} == {b"LOGIN", b"AUTHENTICATE", b"URLFETCH"}


def test_two_handlers_for_one_verb_are_an_error() -> None:
    with pytest.raises(TypeError):
        command("NOOP", ANY, no_arguments)(lambda _session, _args: None)


def test_every_state_can_be_left() -> None:
    assert all((state, Event.LOGGED_OUT) in TRANSITIONS for state in State)
