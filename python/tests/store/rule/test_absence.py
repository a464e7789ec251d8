"""Automatic replies: who gets which, and how often."""

from __future__ import annotations

import email
import email.policy
from email.message import Message
from typing import TYPE_CHECKING

import pytest

from gromox.store.rule.oof import Audience, OofSettings, OofState, ReplyText

from .conftest import OWNER

if TYPE_CHECKING:
    from .conftest import House

INTERNAL = ReplyText("Away", "Colleagues: ask Bob")
EXTERNAL = ReplyText("Absent", "<p>Please wait</p>", is_html=True)
AWAY = OofSettings(OofState.ON, allow_external=True, internal=INTERNAL, external=EXTERNAL)


def reply(house: House) -> Message | None:
    sent = house.sent()
    if not sent:
        return None
    ((sender, recipients, octets),) = sent
    assert sender == "", "an automatic reply must not cause refusals"
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert [message["To"]] == list(recipients)
    return message


def test_colleagues_and_others_get_their_texts(house: House) -> None:
    house.mailbox.set_oof_settings(AWAY)
    house.deliver(sender="carl@example.test", is_internal=True)
    inside = reply(house)
    house.deliver(sender="bob@example.com")
    outside = reply(house)
    assert inside is not None
    assert outside is not None
    assert (inside["Subject"], outside["Subject"]) == ("Away", "Absent")
    assert "Colleagues: ask Bob" in inside.get_payload()
    assert "<p>Please wait</p>" in outside.as_string()
    assert len(house.subjects()) == 2, "the mails themselves are there"


def test_a_reply_is_marked_as_what_it_is(house: House) -> None:
    house.mailbox.set_oof_settings(AWAY)
    house.deliver()
    message = reply(house)
    assert message is not None
    assert message["From"] == f"Alice Example <{OWNER}>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["In-Reply-To"] == "<1@example.com>"
    assert message["Message-ID"].endswith("@example.test>")


def test_everybody_is_answered_once_in_a_while(house: House) -> None:
    house.mailbox.set_oof_settings(AWAY)
    house.deliver()
    assert reply(house) is not None
    house.deliver()
    assert reply(house) is None
    house.clock.advance(86401)
    house.deliver()
    assert reply(house) is not None


@pytest.mark.parametrize(
    "settings",
    [
        OofSettings(OofState.OFF, allow_external=True, external=EXTERNAL),
        OofSettings(OofState.ON, external=EXTERNAL),
        OofSettings(OofState.ON, allow_external=True, audience=Audience.KNOWN, external=EXTERNAL),
        OofSettings(OofState.SCHEDULED, start=0, end=10, allow_external=True),
    ],
)
def test_strangers_are_not_answered_unless_wanted(house: House, settings: OofSettings) -> None:
    house.mailbox.set_oof_settings(settings)
    house.deliver()
    assert reply(house) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"To": "team@example.com"},
        {"X_Auto_Response_Suppress": "OOF"},
        {"Precedence": "bulk"},
        {"List_Id": "<x>"},
        {"Auto_Submitted": "auto-replied"},
    ],
)
def test_lists_and_programs_are_not_answered(house: House, fields: dict[str, str]) -> None:
    house.mailbox.set_oof_settings(AWAY)
    house.deliver(**fields)  # type: ignore[arg-type] # header fields
    assert reply(house) is None


def test_nobody_is_not_answered(house: House) -> None:
    house.mailbox.set_oof_settings(AWAY)
    house.deliver(sender="")
    assert reply(house) is None


def test_without_a_subject_the_reply_names_that_of_the_mail(house: House) -> None:
    house.mailbox.set_oof_settings(OofSettings(OofState.ON, allow_external=True))
    (house.mailbox.path / "config/external-reply").write_text("Content-Type: text/plain\n\nx\n")
    house.deliver(Subject="plans")
    message = reply(house)
    assert message is not None
    assert message["Subject"] == "Automatic reply: plans"
