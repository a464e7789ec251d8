"""What rules read in the mailbox and leave there: templates, extended rules, messages for clients."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from gromox.codec.packed import Reader
from gromox.mapi import named, tags
from gromox.mapi.extendedrule import ExtendedActions, ExtendedCondition, NamedProperties
from gromox.mapi.folderids import Private
from gromox.mapi.message import Message, PropertyBag, Recipient
from gromox.mapi.objectid import ShortId
from gromox.mapi.propname import NamedProperty
from gromox.mapi.restriction import Content, FuzzyHigh, FuzzyLow, Property, RelOp, SubObject
from gromox.mapi.ruleaction import (
    Action,
    ActionType,
    ExtendedReplyTemplate,
    MoveTo,
    ReplyFlavor,
    ReplyTemplate,
    RuleAction,
    TagValue,
    unpack_rule_action,
)
from gromox.store.item.reading import read_item
from gromox.store.model import Delivery, NewMail
from gromox.store.property import ids
from gromox.store.rule.extended import MESSAGE_CLASS
from gromox.store.rule.model import Addressed, RuleState
from gromox.store.rule.oof import Audience, OofSettings, OofState, ReplyText
from gromox.store.session import SYSTEM, StoreSession

from tests.support.invitation import calendar, event

from .conftest import INBOX, OWNER, move_to, people

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyKey
    from gromox.mapi.propvalue import PropValue

    from .conftest import House

TEMPLATE = UUID("11112222-3333-4444-5555-666677778888")
DEFERRED = int(Private.DEFERRED_ACTION)


def create(
    house: House, folder_id: int, values: Mapping[PropertyKey, PropValue], *, fai: bool = False
) -> int:
    message = Message(PropertyBag(dict(values)))
    return StoreSession.of(house.mailbox, SYSTEM).create_message(folder_id, message, associated=fai).mid


def read(house: House, folder_id: int) -> list[PropertyBag]:
    """Return the messages of a folder."""
    mids = house.mailbox.file.execute(
        "SELECT mid FROM messages WHERE folder_id = ? AND state = 0 AND associated = 0 ORDER BY mid",
        (folder_id,),
    ).fetchall()
    return [read_item(house.mailbox.file, mid).properties for (mid,) in mids]


def reply_template(house: House, *, with_recipient: bool = False) -> int:
    message = Message(
        PropertyBag(
            {
                tags.PidTagMessageClass: "IPM.Note.rules.ReplyTemplate.Microsoft",
                tags.PidTagSubject: "I will answer soon",
                tags.PidTagBody: "Thank you for writing.",
                tags.PidTagReplyTemplateId: TEMPLATE.bytes_le,
            }
        )
    )
    if with_recipient:
        message.recipients.append(
            Recipient(PropertyBag({tags.PidTagRecipientType: 1, tags.PidTagSmtpAddress: "desk@example.com"}))
        )
    return StoreSession.of(house.mailbox, SYSTEM).create_message(INBOX, message, associated=True).mid


def replying(mid: int, kind: ActionType = ActionType.REPLY, flavor: int = 0, guid: UUID = TEMPLATE) -> Action:
    reference = ReplyTemplate(ShortId(1, INBOX).number, ShortId(1, mid).number, guid)
    return Action(kind, reference, flavor=flavor)


@pytest.mark.requirement("MS-OXORULE", 525)
def test_a_reply_is_made_of_its_template(house: House) -> None:
    house.rule(replying(reply_template(house)))
    house.deliver()
    ((sender, recipients, octets),) = house.sent()
    mail = email.message_from_bytes(octets, policy=email.policy.default)
    assert (sender, recipients) == ("", ("bob@example.com",))
    assert mail["Subject"] == "I will answer soon"
    assert mail["In-Reply-To"] == "<1@example.com>"
    assert "Thank you for writing." in mail.get_content()


@pytest.mark.requirement("MS-OXORULE", 663)
@pytest.mark.requirement("MS-OXORULE", 287)
@pytest.mark.requirement("MS-OXORULE", 288)
@pytest.mark.requirement("MS-OXORULE", 289)
def test_a_reply_may_go_to_others_or_have_the_servers_text(house: House) -> None:
    mid = reply_template(house, with_recipient=True)
    house.rule(replying(mid, flavor=int(ReplyFlavor.NOT_TO_ORIGINATOR)))
    house.rule(replying(mid, flavor=int(ReplyFlavor.STOCK_TEMPLATE)))
    house.deliver()
    first, second = house.sent()
    assert first[1] == ("desk@example.com",)
    assert b"Thank you" in first[2]
    assert second[1] == ("bob@example.com",)
    assert b"Thank you" not in second[2]


@pytest.mark.requirement("MS-OXORULE", 746)
@pytest.mark.requirement("MS-OXORULE", 748)
@pytest.mark.requirement("MS-OXORULE", 750)
@pytest.mark.requirement("MS-OXORULE", 707)
@pytest.mark.requirement("MS-OXORULE", 709)
@pytest.mark.requirement("MS-OXORULE", 711)
@pytest.mark.requirement("MS-OXORULE", 717)
@pytest.mark.requirement("MS-OXORULE", 741)
@pytest.mark.requirement("MS-OXORULE", 810)
@pytest.mark.requirement("MS-OXORULE", 811)
@pytest.mark.requirement("MS-OXORULE", 812)
@pytest.mark.requirement("MS-OXORULE", 805)
@pytest.mark.requirement("MS-OXORULE", 806)
@pytest.mark.requirement("MS-OXORULE", 813)
@pytest.mark.parametrize("guid", [TEMPLATE, UUID(int=9)])
def test_a_missing_template_is_told_once(house: House, guid: UUID) -> None:
    mid = reply_template(house) if guid != TEMPLATE else 99_999
    rule_id = house.rule(replying(mid, guid=guid))
    house.deliver()
    house.deliver()
    (told,) = read(house, DEFERRED)
    assert told[tags.PidTagMessageClass] == "IPC.Microsoft Exchange 4.0.Deferred Error"
    assert told[tags.PidTagRuleError] == 0x0A
    assert told[tags.PidTagRuleActionType] == ActionType.REPLY
    assert told[tags.PidTagRuleActionNumber] == 0
    assert told[tags.PidTagRuleProvider] == "me"
    assert told[tags.PidTagRuleId] == rule_id
    assert told[tags.PidTagRuleFolderEntryId] == ids.folder_entry_id(house.mailbox.file, INBOX)
    (rule,) = house.mailbox.rules(INBOX)
    assert rule.state & RuleState.ERROR
    assert house.subjects() == ["hello", "hello"]


@pytest.mark.requirement("MS-OXORULE", 359)
@pytest.mark.requirement("MS-OXORULE", 740)
@pytest.mark.requirement("MS-OXORULE", 508)
@pytest.mark.requirement("MS-OXORULE", 563)
@pytest.mark.requirement("MS-OXORULE", 564)
@pytest.mark.requirement("MS-OXORULE", 565)
@pytest.mark.requirement("MS-OXORULE", 567)
@pytest.mark.requirement("MS-OXORULE", 808)
@pytest.mark.requirement("MS-OXORULE", 724)
@pytest.mark.requirement("MS-OXORULE", 535)
@pytest.mark.requirement("MS-OXORULE", 536)
@pytest.mark.requirement("MS-OXORULE", 352)
@pytest.mark.requirement("MS-OXORULE", 354)
@pytest.mark.requirement("MS-OXORULE", 364)
@pytest.mark.requirement("MS-OXORULE", 369)
def test_what_is_left_to_the_client_stands_in_a_message(house: House) -> None:
    sound = Action(ActionType.DEFER_ACTION, b"ping")
    foreign = Action(ActionType.MOVE, MoveTo(b"a folder elsewhere", b"store"))
    first = house.rule(sound)
    house.rule(foreign, sequence=11)
    house.deliver()
    (left,) = read(house, DEFERRED)
    (mail,) = house.mailbox.file.execute(
        "SELECT mid FROM messages WHERE folder_id = ? AND associated = 0", (INBOX,)
    ).fetchone()
    assert left[tags.PidTagMessageClass] == "IPC.Microsoft Exchange 4.0.Deferred Action"
    assert left[tags.PidTagDamBackPatched] is False
    assert left[tags.PidTagDamOriginalEntryId] == ids.message_entry_id(house.mailbox.file, INBOX, mail)
    assert left[tags.PidTagRuleIds] == first.to_bytes(8, "little") * 2
    octets = left[tags.PidTagClientActions]
    assert isinstance(octets, bytes)
    assert unpack_rule_action(Reader(octets)).actions == (sound, foreign)
    (bag,) = read(house, INBOX)
    assert bag[tags.PidTagHasDeferredActionMessages] is True


@pytest.mark.requirement("MS-OXORULE", 355)
@pytest.mark.requirement("MS-OXORULE", 617)
@pytest.mark.requirement("MS-OXORULE", 618)
@pytest.mark.requirement("MS-OXORULE", 619)
@pytest.mark.requirement("MS-OXORULE", 620)
def test_a_client_says_what_it_calls_a_message(house: House) -> None:
    house.rule(Action(ActionType.DEFER_ACTION, b"ping"))
    house.deliver()
    house.deliver()
    session = StoreSession.of(house.mailbox, SYSTEM)
    first, second = read(house, DEFERRED)
    tag = tags.PidTagDeferredActionMessageOriginalEntryId
    server_id = first[tag]
    assert isinstance(server_id, bytes)
    assert server_id != second[tag]
    assert session.update_deferred_actions(server_id, b"client's") == 1
    first, second = read(house, DEFERRED)
    assert (first[tag], first[tags.PidTagDamBackPatched]) == (b"client's", True)
    assert second[tags.PidTagDamBackPatched] is False
    assert session.update_deferred_actions(server_id, b"other") == 0


@pytest.mark.requirement("MS-OXORULE", 548)
def test_a_property_is_set_on_the_mail(house: House) -> None:
    house.rule(Action(ActionType.TAG, TagValue(tags.PidTagSensitivity, 2)))
    house.deliver()
    (bag,) = read(house, INBOX)
    assert bag[tags.PidTagSensitivity] == 2
    assert bag[tags.PidTagMessageToMe] is True


@pytest.mark.requirement("MS-OXORULE", 541)
@pytest.mark.requirement("MS-OXORULE", 542)
@pytest.mark.requirement("MS-OXORULE", 543)
@pytest.mark.requirement("MS-OXORULE", 544)
@pytest.mark.requirement("MS-OXORULE", 545)
def test_a_delegate_sees_for_whom_a_mail_is(house: House) -> None:
    addressed = Addressed("bob@example.com", OWNER, frozenset({OWNER}), delegated_for="boss@example.test")
    mail = NewMail(b"From: bob@example.com\r\nSubject: x\r\n\r\n")
    house.mailbox.deliver_many([Delivery(mail, INBOX, "t", addressed)])
    (bag,) = read(house, INBOX)
    assert bag[tags.PidTagReceivedRepresentingSmtpAddress] == "boss@example.test"
    assert bag[tags.PidTagDelegatedByRule] is True


def extended_rule(
    house: House, condition: ExtendedCondition, actions: ExtendedActions, *, state: int = 1
) -> int:
    return create(
        house,
        INBOX,
        {
            tags.PidTagMessageClass: MESSAGE_CLASS,
            tags.PidTagRuleMessageName: "extended",
            tags.PidTagRuleMessageSequence: 5,
            tags.PidTagRuleMessageState: state,
            tags.PidTagRuleMessageProvider: "me",
            tags.PidTagExtendedRuleMessageCondition: condition.octets(),
            tags.PidTagExtendedRuleMessageActions: actions.octets(),
        },
        fai=True,
    )


@pytest.mark.requirement("MS-OXORULE", 166)
@pytest.mark.requirement("MS-OXORULE", 167)
@pytest.mark.requirement("MS-OXORULE", 169)
@pytest.mark.requirement("MS-OXORULE", 172)
@pytest.mark.requirement("MS-OXORULE", 183)
@pytest.mark.requirement("MS-OXORULE", 192)
@pytest.mark.requirement("MS-OXORULE", 198)
@pytest.mark.requirement("MS-OXORULE", 208)
@pytest.mark.requirement("MS-OXORULE", 480)
@pytest.mark.requirement("MS-OXORULE", 152)
@pytest.mark.requirement("MS-OXORULE", 190)
@pytest.mark.requirement("MS-OXORULE", 196)
def test_an_extended_rule_asks_for_its_own_names(house: House) -> None:
    keyword = named.PidNameKeywords
    names = NamedProperties(((0x8123, keyword.name),))
    tag = 0x8123 << 16 | 0x101F
    condition = ExtendedCondition(
        Content(tag, 0x8123001F, "Red", FuzzyLow.FULL_STRING, FuzzyHigh.IGNORE_CASE), names
    )
    extended_rule(house, condition, ExtendedActions(RuleAction((Action(ActionType.MARK_AS_READ),))))
    assert house.mailbox.wants_handling(INBOX)
    house.deliver(Keywords="red")
    house.deliver(Keywords="blue")
    assert house.mailbox.folder(INBOX).unread == 1


@pytest.mark.requirement("MS-OXORULE", 996)
def test_an_extended_rule_replies_with_a_template_by_its_entry_id(house: House) -> None:
    mid = reply_template(house)
    reference = ExtendedReplyTemplate(ids.message_entry_id(house.mailbox.file, INBOX, mid), TEMPLATE)
    extended_rule(
        house, ExtendedCondition(None), ExtendedActions(RuleAction((Action(ActionType.REPLY, reference),)))
    )
    house.deliver()
    assert len(house.sent()) == 1


@pytest.mark.requirement("MS-OXORULE", 376)
def test_a_broken_extended_rule_is_passed_over(house: House) -> None:
    values: dict[PropertyKey, PropValue] = {
        tags.PidTagMessageClass: MESSAGE_CLASS,
        tags.PidTagRuleMessageState: 1,
        tags.PidTagExtendedRuleMessageCondition: ExtendedCondition(None).octets(),
        tags.PidTagExtendedRuleMessageActions: b"\0\0\x07",
    }
    create(house, INBOX, values, fai=True)
    house.deliver()
    assert house.subjects() == ["hello"]
    assert read(house, DEFERRED) == []


def test_conditions_see_recipients_and_named_properties(house: House) -> None:
    news = house.folder("News")
    house.rule(
        move_to(news),
        condition=SubObject(
            tags.PidTagMessageRecipients,
            Content(
                tags.PidTagSmtpAddress,
                tags.PidTagSmtpAddress,
                "dora@",
                FuzzyLow.PREFIX,
                FuzzyHigh.IGNORE_CASE,
            ),
        ),
    )
    house.deliver(Cc="Dora <DORA@example.com>", Subject="seen")
    header = NamedProperty(UUID("00020386-0000-0000-c000-000000000046"), "X-Team", 0x1F)
    session = StoreSession.of(house.mailbox, SYSTEM)
    (prop_id,) = session.named_ids((header.name,), create=True)
    house.rule(
        move_to(news), condition=Property(RelOp.EQUAL, prop_id << 16 | 0x1F, prop_id << 16 | 0x1F, "blue")
    )
    house.deliver(X_Team="blue", Subject="named")
    house.deliver(X_Team="red", Subject="left")
    assert (house.subjects(), house.subjects(news)) == (["left"], ["seen", "named"])


def test_rules_know_invitations_and_forward_them_whole(house: House) -> None:
    meetings = house.folder("Meetings")
    house.rule(
        move_to(meetings),
        Action(ActionType.FORWARD, people("carol@example.com")),
        condition=Content(
            tags.PidTagMessageClass,
            tags.PidTagMessageClass,
            "IPM.Schedule.Meeting",
            FuzzyLow.PREFIX,
            FuzzyHigh.IGNORE_CASE,
        ),
    )
    header = b"From: bob@example.com\r\nSubject: plan\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"
    house.deliver(header + calendar("REQUEST", event()))
    assert house.subjects(meetings) == ["plan"]
    ((_, _, octets),) = house.sent()
    assert b"text/calendar" in octets


def test_known_people_are_those_in_the_contacts(house: House) -> None:
    house.mailbox.set_oof_settings(
        OofSettings(
            OofState.ON, allow_external=True, audience=Audience.KNOWN, external=ReplyText("Away", "soon")
        )
    )
    create(
        house,
        int(Private.CONTACTS),
        {tags.PidTagMessageClass: "IPM.Contact", named.PidLidEmail2EmailAddress: "Bob@Example.com"},
    )
    house.deliver(sender="eve@example.com")
    assert house.sent() == []
    looked: list[bool] = []
    file = house.mailbox.file
    contacts = "SELECT mid FROM messages WHERE folder_id = 19 AND state = 0"

    def look(query: str) -> None:
        if query.startswith(contacts):
            looked.append(file.connection.in_transaction)

    file.connection.set_trace_callback(look)
    house.deliver(sender="bob@example.com")
    file.connection.set_trace_callback(None)
    assert len(house.sent()) == 1
    assert looked == [False], "all contacts are looked at once, and not while the mailbox is locked"


def test_forwards_of_what_a_rule_moved_keep_their_words(house: House) -> None:
    news = house.folder("News")
    house.rule(move_to(news), Action(ActionType.FORWARD, people("carol@example.com")))
    house.deliver(
        b"From: b@example.com\r\nTo: x@y.z\r\nContent-Type: text/html\r\n\r\n<p>Hi <b>you</b></p>\r\n"
    )
    ((_, _, octets),) = house.sent()
    assert b"<b>you</b>" in octets
    assert house.subjects(news) == [""]
