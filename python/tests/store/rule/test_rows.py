"""The rules of a folder: how they are changed, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.mapi import tags
from gromox.mapi.modifyrow import Change, ModifyRow
from gromox.mapi.propvalue import PropValue
from gromox.mapi.restriction import Exist
from gromox.mapi.ruleaction import Action, ActionType, BounceCode, MoveTo, RuleAction, ServerEid
from gromox.store.create import create_private, create_public
from gromox.store.errors import DeniedError, FolderGoneError, InvalidValueError, LimitError, NotFoundError
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.rule.model import MAX_KEPT, MAX_RULES, RuleState
from gromox.store.session import Actor, StoreSession

INBOX = 13
DELETE = RuleAction((Action(ActionType.DELETE),))
BOB = Actor("bob@example.test")


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with create_private(tmp_path / "alice", owner="alice@example.test", user_id=7) as box:
        yield box
        assert box.check() == []


def add(**values: PropValue) -> ModifyRow:
    given: dict[int, PropValue] = {
        tags.PidTagRuleSequence: 10,
        tags.PidTagRuleState: int(RuleState.ENABLED),
        tags.PidTagRuleProvider: "me",
        tags.PidTagRuleActions: DELETE,
    }
    given |= {getattr(tags, name): value for name, value in values.items()}
    return ModifyRow(Change.ADD, tuple(given.items()))


def change(rule_id: int, **values: PropValue) -> ModifyRow:
    given = [(getattr(tags, name), value) for name, value in values.items()]
    return ModifyRow(Change.MODIFY, ((tags.PidTagRuleId, rule_id), *given))


def remove(rule_id: int) -> ModifyRow:
    return ModifyRow(Change.REMOVE, ((tags.PidTagRuleId, rule_id),))


@pytest.mark.requirement("MS-OXORULE", 597)
@pytest.mark.requirement("MS-OXORULE", 598)
def test_a_rule_gets_an_id_and_keeps_what_it_was_given(mailbox: Mailbox) -> None:
    changed = mailbox.modify_rules(
        INBOX,
        [
            add(
                PidTagRuleName="news",
                PidTagRuleCondition=Exist(tags.PidTagSubject),
                PidTagRuleLevel=0,
                PidTagRuleUserFlags=5,
                PidTagRuleProviderData=b"mine",
            ),
            add(PidTagRuleSequence=1),
        ],
    )
    first, second = changed.rule_ids
    assert first != second
    assert not changed.exceeded
    early, late = mailbox.rules(INBOX)
    assert (early.rule_id, late.rule_id) == (second, first)
    assert late.properties() == {
        tags.PidTagRuleId: first,
        tags.PidTagRuleSequence: 10,
        tags.PidTagRuleState: 1,
        tags.PidTagRuleName: "news",
        tags.PidTagRuleProvider: "me",
        tags.PidTagRuleLevel: 0,
        tags.PidTagRuleUserFlags: 5,
        tags.PidTagRuleProviderData: b"mine",
        tags.PidTagRuleActions: DELETE,
        tags.PidTagRuleCondition: Exist(tags.PidTagSubject),
    }


def test_a_changed_rule_keeps_the_rest_and_is_tried_again(mailbox: Mailbox) -> None:
    (rule_id,) = mailbox.modify_rules(INBOX, [add(PidTagRuleName="old")]).rule_ids
    mailbox.file.execute("UPDATE rules SET state = 3")
    mailbox.modify_rules(INBOX, [change(rule_id, PidTagRuleSequence=99)])
    (rule,) = mailbox.rules(INBOX)
    assert (rule.name, rule.sequence, rule.state) == ("old", 99, RuleState.ENABLED)


def test_rules_are_removed(mailbox: Mailbox) -> None:
    first, second = mailbox.modify_rules(INBOX, [add(), add()]).rule_ids
    mailbox.modify_rules(INBOX, [remove(first)])
    assert [rule.rule_id for rule in mailbox.rules(INBOX)] == [second]


@pytest.mark.requirement("MS-OXORULE", 669)
def test_all_rules_are_replaced(mailbox: Mailbox) -> None:
    mailbox.modify_rules(INBOX, [add(PidTagRuleName="old")])
    mailbox.modify_rules(INBOX, [add(PidTagRuleName="new")], replace_all=True)
    assert [rule.name for rule in mailbox.rules(INBOX)] == ["new"]


@pytest.mark.parametrize(
    "row",
    [
        ModifyRow(Change.ADD, ((tags.PidTagRuleSequence, 1),)),
        ModifyRow(Change.ADD, ((tags.PidTagRuleActions, DELETE), (tags.PidTagRuleProvider, "me"))),
        add(PidTagRuleSequence="x"),
        add(PidTagRuleCondition="x"),
        add(PidTagRuleProvider=5),
        add(PidTagRuleProviderData=bytes(70_000)),
        add(PidTagRuleActions=RuleAction(())),
        add(PidTagRuleActions=RuleAction((Action(ActionType.DELETE, flavor=1),))),
        add(PidTagRuleActions=RuleAction((Action(ActionType.DEFER_ACTION, bytes(300_000)),))),
    ],
)
def test_what_is_no_rule_changes_nothing(mailbox: Mailbox, row: ModifyRow) -> None:
    mailbox.modify_rules(INBOX, [add(PidTagRuleName="old")])
    with pytest.raises(InvalidValueError):
        mailbox.modify_rules(INBOX, [add(), row], replace_all=True)
    assert [rule.name for rule in mailbox.rules(INBOX)] == ["old"]


def test_a_rule_that_is_not_there_cannot_be_changed(mailbox: Mailbox) -> None:
    for row in (change(5, PidTagRuleSequence=1), remove(5)):
        with pytest.raises(NotFoundError):
            mailbox.modify_rules(INBOX, [row])
    with pytest.raises(FolderGoneError):
        mailbox.modify_rules(9999, [add()])


@pytest.mark.requirement("MS-OXORULE", 815)
@pytest.mark.requirement("MS-OXORULE", 911)
def test_too_many_rules_are_kept_and_said(mailbox: Mailbox) -> None:
    changed = mailbox.modify_rules(INBOX, [add()] * (MAX_RULES + 1))
    assert changed.exceeded
    assert len(mailbox.rules(INBOX)) == MAX_RULES + 1
    with pytest.raises(LimitError):
        mailbox.modify_rules(INBOX, [add()] * (MAX_KEPT - MAX_RULES))


@pytest.mark.requirement("MS-OXORULE", 839)
@pytest.mark.requirement("MS-OXORULE", 840)
@pytest.mark.requirement("MS-OXORULE", 258)
@pytest.mark.parametrize(
    "action",
    [
        Action(ActionType.MOVE, MoveTo(ServerEid(1))),
        Action(ActionType.COPY, MoveTo(ServerEid(1))),
        Action(ActionType.DEFER_ACTION, b""),
    ],
)
def test_public_folders_have_no_such_rules(tmp_path: Path, action: Action) -> None:
    with create_public(tmp_path / "public", domain="example.test", domain_id=3) as box:
        with pytest.raises(InvalidValueError):
            box.modify_rules(2, [add(PidTagRuleActions=RuleAction((action,)))])
        refuse = RuleAction((Action(ActionType.BOUNCE, BounceCode.DENIED),))
        assert box.modify_rules(2, [add(PidTagRuleActions=refuse)]).rule_ids


def test_a_damaged_rule_is_there_and_not_run(mailbox: Mailbox) -> None:
    mailbox.modify_rules(INBOX, [add()])
    mailbox.file.execute("UPDATE rules SET actions = x'ff'")
    (rule,) = mailbox.rules(INBOX)
    assert rule.state & RuleState.PARSE_ERROR
    assert not rule.runs


def test_rules_are_the_business_of_owners(mailbox: Mailbox) -> None:
    bob = StoreSession.of(mailbox, BOB)
    with pytest.raises(FolderGoneError):
        bob.rules(INBOX)
    mailbox.set_rights(INBOX, BOB.username, Right.READ_ANY | Right.VISIBLE)
    with pytest.raises(DeniedError):
        bob.rules(INBOX)
    with pytest.raises(DeniedError):
        bob.modify_rules(INBOX, (add(),))
    with pytest.raises(DeniedError):
        bob.oof_settings()
    mailbox.set_rights(INBOX, BOB.username, Right.OWNER | Right.VISIBLE)
    assert bob.modify_rules(INBOX, (add(),)).rule_ids
    assert len(StoreSession.of(mailbox, Actor("alice@example.test")).rules(INBOX)) == 1
