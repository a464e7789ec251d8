"""What mailboxes send by themselves goes through the queue, each mail once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.delivery import facts
from gromox.delivery.routing import Local
from gromox.delivery.queue import entries
from gromox.delivery.spool_file import Envelope
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.mapi.modifyrow import Change, ModifyRow
from gromox.mapi.objectid import ShortId
from gromox.mapi.ruleaction import (
    Action,
    ActionType,
    BounceCode,
    ForwardFlavor,
    MoveTo,
    RecipientBlock,
    RuleAction,
    ServerEid,
)
from gromox.store.builtin import INBOX
from gromox.store.model import Delivery, NewMail
from gromox.store.rule.oof import OofSettings, OofState, ReplyText
from tests.delivery.test_worker import ALICE, BOB, MAIL, deliver_all, inbox, post, queued

if TYPE_CHECKING:
    from tests.support.house import House
    from tests.support.outside import NewWorker, OtherSystem

CAROL = "carol@example.test"


def add_rule(house: House, name: str, *actions: Action) -> None:
    """Give a user's Inbox a rule that always applies."""
    values = (
        (tags.PidTagRuleSequence, 1),
        (tags.PidTagRuleState, 1),
        (tags.PidTagRuleProvider, "me"),
        (tags.PidTagRuleActions, RuleAction(actions)),
    )
    with house.mailbox(name) as mailbox:
        mailbox.modify_rules(INBOX, [ModifyRow(Change.ADD, values)])


def forward(*addresses: str, flavor: int = 0, kind: ActionType = ActionType.FORWARD) -> Action:
    blocks = tuple(RecipientBlock(((tags.PidTagSmtpAddress, address),)) for address in addresses)
    return Action(kind, blocks, flavor=flavor)


def test_a_mail_is_forwarded_to_a_colleague_and_elsewhere(
    house: House, new_worker: NewWorker, outside: OtherSystem
) -> None:
    add_rule(house, "alice", forward(CAROL, "dora@example.com"))
    post(house, ALICE)
    deliver_all(new_worker())

    (mail,) = inbox(house, "carol")
    assert b"Subject: FW: hello" in mail
    ((sender, recipients, _),) = outside.taken
    assert (sender, recipients) == (ALICE, ("dora@example.com",))
    assert len(inbox(house, "alice")) == 1
    assert queued(house) == {}


def test_two_who_forward_to_each_other_do_not_go_round(house: House, new_worker: NewWorker) -> None:
    redirect = int(ForwardFlavor.PRESERVE_SENDER | ForwardFlavor.DO_NOT_MUNGE)
    add_rule(house, "alice", forward(CAROL, flavor=redirect))
    add_rule(house, "carol", forward(ALICE, flavor=redirect))
    post(house, ALICE)
    deliver_all(new_worker())

    assert [len(inbox(house, name)) for name in ("alice", "carol")] == [2, 1]


def test_junk_is_not_forwarded(house: House, new_worker: NewWorker) -> None:
    add_rule(house, "alice", forward(CAROL))
    post(house, ALICE, mail=b"X-Spam: yes\r\nSubject: x\r\n\r\n")
    deliver_all(new_worker(lda_junk_rules="X-Spam=yes"))

    assert inbox(house, "carol") == []
    assert len(inbox(house, "alice", int(Private.JUNK))) == 1


def test_a_colleague_is_told_of_an_absence(house: House, new_worker: NewWorker) -> None:
    with house.mailbox("alice") as mailbox:
        mailbox.set_oof_settings(OofSettings(OofState.ON, internal=ReplyText("Away", "until May")))
    post(house, ALICE)
    post(house, "info@example.test", mail=b"To: info@example.test\r\nSubject: again\r\n\r\n")
    post(house, ALICE, sender="eve@example.com")
    deliver_all(new_worker())

    (mail,) = inbox(house, "bob")
    assert b"Subject: Away" in mail
    assert mail.startswith(b"Return-Path: <>\r\n")
    assert len(inbox(house, "alice")) == 3


def test_a_refused_mail_comes_back(house: House, new_worker: NewWorker) -> None:
    add_rule(house, "alice", Action(ActionType.BOUNCE, BounceCode.DENIED))
    post(house, ALICE)
    deliver_all(new_worker())

    (report,) = inbox(house, "bob")
    assert b"Status: 5.7.1" in report
    assert inbox(house, "alice") == []


def test_a_moved_mail_counts_as_delivered(house: House, new_worker: NewWorker) -> None:
    target = ServerEid(ShortId(1, int(Private.DRAFTS)).number)
    add_rule(house, "alice", Action(ActionType.MOVE, MoveTo(target)))
    post(house, ALICE)
    deliver_all(new_worker())

    assert len(inbox(house, "alice", int(Private.DRAFTS))) == 1
    assert queued(house) == {}


def test_after_a_crash_what_was_left_behind_is_sent_once(house: House, new_worker: NewWorker) -> None:
    """The mailbox is committed, the queue has not heard of it, the mail is tried again."""
    add_rule(house, "alice", forward(CAROL))
    post(house, ALICE)
    (envelope,) = [each.envelope for each in entries(house.spool.path)]
    to = Local(ALICE, ALICE, house.root / "alice", "")
    with house.mailbox("alice") as mailbox:
        addressed = facts.addressed(house.directory, to, envelope)
        mailbox.deliver_many([Delivery(NewMail(MAIL), INBOX, f"{envelope.token_base}:{ALICE}", addressed)])
        assert len(mailbox.outgoing()) == 1
    deliver_all(new_worker())

    assert len(inbox(house, "alice")) == 1
    assert len(inbox(house, "carol")) == 1
    with house.mailbox("alice") as mailbox:
        assert mailbox.outgoing() == []


def test_what_is_known_of_an_owner(house: House) -> None:
    to = Local(ALICE, ALICE, house.root / "alice", "")
    known = facts.addressed(house.directory, to, Envelope("1", BOB, (), 0.0))
    assert known.addresses == {ALICE, "info@example.test"}
    assert known.is_internal
    assert not facts.addressed(house.directory, to, Envelope("1", "x@example.com", (), 0.0)).is_internal
    assert not facts.addressed(house.directory, to, Envelope("1", "", (), 0.0)).is_internal


def test_only_rules_say_for_whom_a_mail_is_handled(house: House) -> None:
    to = Local(ALICE, ALICE, house.root / "alice", "")
    options = tuple(facts.options_of(BOB))
    forged = Envelope("1", BOB, (), 0.0, protocol="ESMTP", options=options)
    genuine = Envelope("1", BOB, (), 0.0, protocol=facts.RULE_PROTOCOL, options=options)
    assert facts.addressed(house.directory, to, forged).delegated_for == ""
    assert facts.addressed(house.directory, to, genuine).delegated_for == BOB
