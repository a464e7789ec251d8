"""Which mails are answered or sent on."""

from __future__ import annotations

import pytest

from gromox.store.rule.courtesy import LOOP_FIELD, courtesy_of

OWN = frozenset({"alice@example.test"})


def mail(*fields: str) -> bytes:
    return "\r\n".join([*fields, "", "hello"]).encode()


def test_a_personal_mail_is_answered_and_sent_on() -> None:
    found = courtesy_of(mail("From: bob@example.com"), "bob@example.com", OWN)
    assert (found.may_reply, found.may_reply_oof, found.may_forward) == (True, True, True)


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "MAILER-DAEMON@example.com",
        "no-reply@shop.example",
        "postmaster+x@example.com",
        "team-bounces@lists.example",
        "owner-list@lists.example",
        "Alice@example.test",
    ],
)
def test_nobody_and_oneself_are_not_answered(sender: str) -> None:
    found = courtesy_of(mail("From: x@example.com"), sender, OWN)
    assert (found.may_reply, found.may_reply_oof) == (False, False)


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-replied",
        "auto-submitted: auto-generated; type=x",
        "Precedence: Bulk",
        "Precedence: list",
        "List-Id: <team.lists.example>",
        "X-Auto-Response-Suppress: All",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply",
    ],
)
def test_programs_and_lists_are_not_answered(field: str) -> None:
    found = courtesy_of(mail("From: bob@example.com", field), "bob@example.com", OWN)
    assert (found.may_reply, found.may_reply_oof) == (False, False)


@pytest.mark.requirement("MS-OXORULE", 526)
@pytest.mark.requirement("MS-OXORULE", 533)
@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("X-Auto-Response-Suppress: OOF", (True, False)),
        ("X-Auto-Response-Suppress: AutoReply", (False, True)),
        ("X-Auto-Response-Suppress: DR, RN, NRN", (True, True)),
        ("Auto-Submitted: no", (True, True)),
    ],
)
def test_senders_choose_what_they_do_not_want(field: str, expected: tuple[bool, bool]) -> None:
    found = courtesy_of(mail(field), "bob@example.com", OWN)
    assert (found.may_reply, found.may_reply_oof) == expected


def test_a_mail_does_not_go_round() -> None:
    once = courtesy_of(mail(f"{LOOP_FIELD}: carol@example.test"), "bob@example.com", OWN)
    assert once.may_forward
    assert once.loop == ("carol@example.test",)
    assert not courtesy_of(mail(f"{LOOP_FIELD}: ALICE@example.test"), "bob@example.com", OWN).may_forward
    far = mail(*[f"{LOOP_FIELD}: {name}@example.test" for name in ("b", "c", "d")])
    assert not courtesy_of(far, "bob@example.com", OWN).may_forward


def test_the_text_is_not_taken_for_a_header() -> None:
    octets = b"Subject: hi\r\n\r\nAuto-Submitted: auto-replied\r\n"
    assert courtesy_of(octets, "bob@example.com", OWN).may_reply
