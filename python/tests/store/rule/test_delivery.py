"""Mails delivered by rules: where they end, and what they cause."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from gromox.mapi import tags
from gromox.mapi.restriction import Content, FuzzyHigh, FuzzyLow, Property, RelOp
from gromox.mapi.ruleaction import Action, ActionType, BounceCode, ForwardFlavor
from gromox.store.errors import QuotaError
from gromox.store.model import Delivery, NewMail
from gromox.store.rule.courtesy import LOOP_FIELD
from gromox.store.rule.model import Addressed

from .conftest import INBOX, OWNER, move_to, people

if TYPE_CHECKING:
    from .conftest import House

ABOUT_NEWS = Content(
    tags.PidTagSubject, tags.PidTagSubject, "news", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE
)


def parsed(octets: bytes) -> EmailMessage:
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_is_put_where_its_rule_says(house: House) -> None:
    news = house.folder("News")
    house.rule(move_to(news), condition=ABOUT_NEWS)
    assert house.deliver(Subject="Todays NEWS") == 0
    assert house.deliver(Subject="lunch") == 1
    assert (house.subjects(), house.subjects(news)) == (["lunch"], ["Todays NEWS"])
    assert house.mailbox.folder(INBOX).uid_next == 2, "the Inbox has never seen the other one"


def test_copies_and_the_read_flag(house: House) -> None:
    news = house.folder("News")
    house.rule(move_to(news, ActionType.COPY), Action(ActionType.MARK_AS_READ))
    assert house.deliver() == 1
    assert house.subjects() == house.subjects(news) == ["hello"]
    assert [house.mailbox.folder(each).unread for each in (INBOX, news)] == [0, 0]


@pytest.mark.requirement("MS-OXORULE", 549)
def test_a_deleted_mail_is_nowhere_and_known(house: House) -> None:
    house.rule(Action(ActionType.DELETE))
    assert house.deliver(token="once") == 0
    assert house.deliver(token="once") is None
    assert house.subjects() == []


def test_rules_see_to_whom_a_mail_was_addressed(house: House) -> None:
    lists = house.folder("Lists")
    house.rule(
        move_to(lists), condition=Property(RelOp.EQUAL, tags.PidTagMessageRecipientMe, 0x0059000B, False)
    )
    house.deliver(To="team@example.com", Subject="to many")
    house.deliver(To="team@example.com", Cc="ALI@example.test", Subject="copy")
    assert (house.subjects(), house.subjects(lists)) == (["copy"], ["to many"])


def test_mails_for_others_than_a_ruled_delivery_are_not_touched(house: House) -> None:
    house.rule(Action(ActionType.DELETE))
    house.mailbox.deliver(NewMail(b"Subject: tool\r\n\r\n"), token="x")
    assert house.subjects() == ["tool"]


def test_a_mailbox_says_whether_it_wants_to_know_more(house: House) -> None:
    assert not house.mailbox.wants_handling(INBOX)
    house.rule(Action(ActionType.DELETE))
    assert house.mailbox.wants_handling(INBOX)
    assert not house.mailbox.wants_handling(14)


@pytest.mark.requirement("MS-OXORULE", 275)
@pytest.mark.requirement("MS-OXORULE", 277)
def test_a_redirected_mail_stays_what_it_is(house: House) -> None:
    flavor = ForwardFlavor.PRESERVE_SENDER | ForwardFlavor.DO_NOT_MUNGE
    house.rule(Action(ActionType.FORWARD, people("carol@example.com"), flavor=flavor))
    original = b"From: bob@example.com\r\nTo: alice@example.test\r\nSubject: hi\r\n\r\nbody\r\n"
    house.deliver(original)
    ((sender, recipients, octets),) = house.sent()
    assert (sender, recipients) == ("bob@example.com", ("carol@example.com",))
    assert octets.endswith(original)
    assert parsed(octets)[LOOP_FIELD] == OWNER
    assert house.subjects() == ["hi"]


@pytest.mark.requirement("MS-OXORULE", 537)
def test_a_forwarded_mail_comes_from_the_owner_and_quotes_the_original(house: House) -> None:
    house.rule(Action(ActionType.FORWARD, people("carol@example.com", "dan@example.com")))
    house.deliver(Subject="plans")
    ((sender, recipients, octets),) = house.sent()
    mail = parsed(octets)
    assert (sender, recipients) == (OWNER, ("carol@example.com", "dan@example.com"))
    assert mail["From"] == f"Alice Example <{OWNER}>"
    assert mail["Subject"] == "FW: plans"
    assert mail[LOOP_FIELD] == OWNER
    text = mail.get_content()
    assert "From: Bob <bob@example.com>" in text
    assert "How are you?" in text


@pytest.mark.requirement("MS-OXORULE", 279)
def test_a_mail_is_forwarded_as_an_attachment_octet_for_octet(house: House) -> None:
    house.rule(
        Action(ActionType.FORWARD, people("carol@example.com"), flavor=int(ForwardFlavor.AS_ATTACHMENT))
    )
    original = b"From: bob@example.com\r\nSubject: hi\r\n\r\nbody\r\n"
    house.deliver(original)
    ((_, _, octets),) = house.sent()
    (attached,) = parsed(octets).iter_attachments()
    assert attached.get_content_type() == "message/rfc822"
    assert original in octets


@pytest.mark.requirement("MS-OXORULE", 698)
def test_a_mail_is_forwarded_as_a_short_text(house: House) -> None:
    house.rule(
        Action(ActionType.FORWARD, people("4915@sms.example"), flavor=int(ForwardFlavor.AS_TEXT_MESSAGE))
    )
    house.deliver(Subject="x" * 300)
    ((_, _, octets),) = house.sent()
    assert len(parsed(octets).get_content().strip()) == 160


@pytest.mark.requirement("MS-OXORULE", 798)
def test_nothing_is_forwarded_to_who_sent_it(house: House) -> None:
    house.rule(Action(ActionType.FORWARD, people("Bob@example.com")))
    house.deliver()
    assert house.sent() == []


def test_nothing_goes_round(house: House) -> None:
    house.rule(Action(ActionType.FORWARD, people("carol@example.com")))
    house.deliver(X_MS_Exchange_Inbox_Rules_Loop=OWNER)
    assert house.sent() == []
    assert house.subjects() == ["hello"]


@pytest.mark.requirement("MS-OXORULE", 539)
def test_a_delegate_gets_the_mail_and_for_whom(house: House) -> None:
    house.rule(Action(ActionType.DELEGATE, people("carol@example.test")))
    house.deliver()
    (waiting,) = house.mailbox.outgoing()
    assert (waiting.recipients, waiting.delegated_for) == (("carol@example.test",), OWNER)
    house.sent()


@pytest.mark.requirement("MS-OXORULE", 546)
@pytest.mark.requirement("MS-OXORULE", 547)
def test_a_refused_mail_is_told_to_its_sender(house: House) -> None:
    house.rule(Action(ActionType.BOUNCE, BounceCode.TOO_LARGE))
    house.deliver()
    house.deliver(sender="")
    ((sender, recipients, octets),) = house.sent()
    assert (sender, recipients) == ("", ("bob@example.com",))
    assert b"Status: 5.2.3" in octets
    assert house.subjects() == []


def test_what_is_sent_waits_and_has_one_token(house: House) -> None:
    house.rule(Action(ActionType.FORWARD, people("carol@example.com")))
    house.deliver(token="same")
    (first,) = house.mailbox.outgoing()
    house.deliver(token="same")
    (second,) = house.mailbox.outgoing()
    assert first.token == second.token
    assert house.mailbox.wants_handling(14), "somebody has to fetch it, whatever comes next"
    house.sent()
    assert house.mailbox.outgoing() == []


def test_a_large_mail_is_sent_on_and_its_file_goes_with_the_last_who_needs_it(house: House) -> None:
    flavor = int(ForwardFlavor.DO_NOT_MUNGE)
    house.rule(
        Action(ActionType.FORWARD, people("carol@example.com"), flavor=flavor), Action(ActionType.DELETE)
    )
    original = b"From: bob@example.com\r\nSubject: big\r\n\r\n" + b"0123456789abcde\r\n" * 20_000
    house.deliver(original)
    ((_, _, octets),) = house.sent()
    assert octets.endswith(original)
    assert house.mailbox.purge_datafiles() == 1


def test_a_full_mailbox_refuses_a_mail_whatever_its_rules(house: House) -> None:
    news = house.folder("News")
    house.rule(move_to(news))
    house.mailbox.set_quota(storage=1024, receive=1024, send=None)
    addressed = Addressed("bob@example.com", OWNER, frozenset({OWNER}))
    mail = NewMail(b"Subject: x\r\n\r\n" + b"x" * 4000)
    (result,) = house.mailbox.deliver_many([Delivery(mail, INBOX, "t", addressed)])
    assert isinstance(result, QuotaError)


def test_hostile_mails_pass_rules(house: House) -> None:
    house.rule(Action(ActionType.FORWARD, people("carol@example.com")), condition=ABOUT_NEWS)
    for octets in (b"\r\n", b"\0" * 50, b"Subject: news\xff\xfe\r\n" * 500, b"Subject: news\r\nX: y"):
        house.deliver(octets)
    assert len(house.subjects()) == 4
    house.sent()
