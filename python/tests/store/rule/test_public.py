"""Mails that come to folders of a public store: rules run there, and never write into folders it has not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.mapi import tags
from gromox.mapi.modifyrow import Change, ModifyRow
from gromox.mapi.restriction import Content, FuzzyHigh, FuzzyLow
from gromox.mapi.ruleaction import Action, ActionType, RecipientBlock, RuleAction, TagValue
from gromox.store.create import create_public
from gromox.store.mailbox import Mailbox
from gromox.store.model import Delivery, NewMail
from gromox.store.rule.model import Addressed, RuleState

ADDRESS = "posts@example.test"


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Mailbox]:
    with create_public(tmp_path / "public", domain="example.test", domain_id=3) as box:
        yield box
        assert box.check() == []


@pytest.fixture
def posts(public: Mailbox) -> int:
    return public.create_folder(2, "Posts").folder_id


def rule(public: Mailbox, folder_id: int, subject: str, *actions: Action) -> int:
    condition = Content(
        tags.PidTagSubject, tags.PidTagSubject, subject, FuzzyLow.FULL_STRING, FuzzyHigh.IGNORE_CASE
    )
    values = (
        (tags.PidTagRuleSequence, 10),
        (tags.PidTagRuleState, int(RuleState.ENABLED)),
        (tags.PidTagRuleProvider, "me"),
        (tags.PidTagRuleCondition, condition),
        (tags.PidTagRuleActions, RuleAction(actions)),
    )
    return public.modify_rules(folder_id, [ModifyRow(Change.ADD, values)]).rule_ids[0]


def deliver(public: Mailbox, folder_id: int, subject: str, *more: str) -> None:
    header = "".join(f"{each}\r\n" for each in ("From: bob@example.com", f"Subject: {subject}", *more))
    addressed = Addressed("bob@example.com", ADDRESS, frozenset({ADDRESS}), "Posts")
    mail = NewMail(f"{header}\r\ntext\r\n".encode())
    (result,) = public.deliver_many([Delivery(mail, folder_id, f"t:{subject}:{len(more)}", addressed)])
    assert isinstance(result, int)


def test_rules_run_on_what_comes_to_a_public_folder(public: Mailbox, posts: int) -> None:
    block = RecipientBlock(((tags.PidTagEmailAddress, "carol@example.com"), (tags.PidTagAddressType, "SMTP")))
    rule(public, posts, "delete", Action(ActionType.DELETE))
    rule(public, posts, "mark", Action(ActionType.MARK_AS_READ))
    rule(public, posts, "tag", Action(ActionType.TAG, TagValue(tags.PidTagImportance, 2)))
    rule(public, posts, "forward", Action(ActionType.FORWARD, (block,)))
    for subject in ("delete", "mark", "tag", "forward", "plain"):
        deliver(public, posts, subject)
    rows = dict(
        public.file.execute(
            "SELECT subject, importance FROM messages WHERE folder_id = ? AND state = 0", (posts,)
        ).fetchall()
    )
    assert rows == {"mark": 1, "tag": 2, "forward": 1, "plain": 1}
    assert public.folder(posts).unread == 3
    (sent,) = public.outgoing()
    assert sent.recipients == ("carol@example.com",)
    # What a rule of this folder has sent on does not go round.
    deliver(public, posts, "forward", f"X-MS-Exchange-Inbox-Rules-Loop: {ADDRESS}")
    assert len(public.outgoing()) == 1


def test_a_rule_that_fails_leaves_no_message_elsewhere(public: Mailbox, posts: int) -> None:
    failing = rule(public, posts, "broken", Action(ActionType.MARK_AS_READ))
    public.file.execute("UPDATE rules SET condition = x'ff' WHERE rule_id = ?", (failing,))
    before = {each.folder_id: each.total + each.associated_total for each in public.folders()}
    deliver(public, posts, "broken")
    after = {each.folder_id: each.total + each.associated_total for each in public.folders()}
    assert {key for key in after if after[key] != before[key]} == {posts}
    assert public.rules(posts)[0].state & RuleState.ERROR
