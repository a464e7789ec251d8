"""What rules make of a message, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from gromox.mapi import tags
from gromox.mapi.objectid import ShortId
from gromox.mapi.ruleaction import (
    Action,
    ActionType,
    BounceCode,
    ForwardFlavor,
    MoveTo,
    RecipientBlock,
    ReplyTemplate,
    RuleAction,
    ServerEid,
    TagValue,
)
from gromox.store.rule.model import MAX_EXTENDED_RULES, MAX_RULES, Rule, RuleState
from gromox.store.rule.plan import (
    MAX_EFFECTS,
    Bounce,
    Circumstances,
    Deferred,
    Delegate,
    Forward,
    Plan,
    Problem,
    Reply,
    RuleError,
    in_order,
    make_plan,
)

INBOX, WORK, NEWS = 13, 300, 301
TEMPLATE = ReplyTemplate(ShortId(1, 2).number, ShortId(1, 9).number, UUID(int=1))
PEOPLE = (RecipientBlock(((tags.PidTagSmtpAddress, "carol@example.com"),)),)


def move(folder_id: int, kind: ActionType = ActionType.MOVE) -> Action:
    return Action(kind, MoveTo(ServerEid(ShortId(1, folder_id).number)))


def rule(
    *actions: Action, rule_id: int = 1, sequence: int = 10, state: int = 0, provider: str = "me"
) -> Rule:
    return Rule(rule_id, sequence, RuleState.ENABLED | state, provider, None, RuleAction(actions))


def plan(
    *rules: Rule,
    holds: Callable[[Rule], bool | None] = lambda _: True,
    is_oof: bool = False,
    is_safe: bool = False,
    may_reply: bool = True,
    may_forward: bool = True,
    answered: bool = False,
) -> Plan:
    return make_plan(
        rules,
        holds,
        Circumstances(
            INBOX,
            is_oof=is_oof,
            is_safe=is_safe,
            may_reply=may_reply,
            may_reply_oof=may_reply,
            may_forward=may_forward,
            has_folder=lambda folder_id: folder_id in (INBOX, WORK, NEWS),
            was_answered=lambda _: answered,
        ),
    )


def test_without_rules_a_mail_stays_where_it_came_to() -> None:
    assert plan() == Plan((INBOX,))


@pytest.mark.requirement("MS-OXORULE", 790)
def test_a_moved_mail_leaves_the_folder() -> None:
    assert plan(rule(move(WORK))).folders == (WORK,)


@pytest.mark.requirement("MS-OXORULE", 791)
def test_two_moves_make_two_copies() -> None:
    assert plan(rule(move(WORK)), rule(move(NEWS), rule_id=2)).folders == (WORK, NEWS)


@pytest.mark.requirement("MS-OXORULE", 792)
def test_a_copied_mail_stays_too() -> None:
    assert plan(rule(move(WORK, ActionType.COPY))).folders == (INBOX, WORK)


@pytest.mark.requirement("MS-OXORULE", 549)
@pytest.mark.requirement("MS-OXORULE", 550)
def test_after_a_deletion_only_rules_of_absence_are_evaluated() -> None:
    delete = rule(Action(ActionType.DELETE))
    later = rule(move(WORK), rule_id=2, sequence=11)
    of_absence = rule(
        Action(ActionType.FORWARD, PEOPLE), rule_id=3, sequence=12, state=RuleState.ONLY_WHEN_OOF
    )

    assert plan(delete, later, of_absence, is_oof=True) == Plan(
        (), effects=(Forward(PEOPLE, ForwardFlavor(0)),)
    )


@pytest.mark.requirement("MS-OXORULE", 560)
@pytest.mark.requirement("MS-OXORULE", 807)
def test_exit_level_ends_the_evaluation_but_for_rules_of_absence() -> None:
    first = rule(Action(ActionType.MARK_AS_READ), state=RuleState.EXIT_LEVEL)
    second = rule(move(WORK), rule_id=2, sequence=11)
    third = rule(move(NEWS, ActionType.COPY), rule_id=3, sequence=12, state=RuleState.ONLY_WHEN_OOF)

    assert plan(first, second, third, is_oof=True) == Plan((INBOX, NEWS), is_read=True)


def test_exit_level_of_a_rule_that_does_not_apply_ends_nothing() -> None:
    first = rule(move(NEWS), state=RuleState.EXIT_LEVEL)
    second = rule(move(WORK), rule_id=2, sequence=11)

    assert plan(first, second, holds=lambda each: each.rule_id == 2).folders == (WORK,)


@pytest.mark.requirement("MS-OXORULE", 553)
def test_rules_of_absence_wait_for_it() -> None:
    of_absence = rule(move(WORK), state=RuleState.ONLY_WHEN_OOF)
    assert plan(of_absence).folders == (INBOX,)
    assert plan(of_absence, is_oof=True).folders == (WORK,)


def test_rules_are_evaluated_by_sequence() -> None:
    late = rule(Action(ActionType.TAG, TagValue(tags.PidTagImportance, 2)), sequence=20)
    early = rule(Action(ActionType.TAG, TagValue(tags.PidTagImportance, 0)), rule_id=2, sequence=5)
    assert plan(late, early).properties == ((tags.PidTagImportance, 2),)


def test_disabled_and_failed_rules_are_not_run() -> None:
    for state in (RuleState.ENABLED, RuleState.ENABLED | RuleState.ERROR):
        each = replace(rule(move(WORK)), state=int(state) & ~1 if state == 1 else int(state))
        assert plan(each).folders == (INBOX,)


@pytest.mark.requirement("MS-OXORULE", 875)
def test_a_rule_may_spare_senders_that_are_trusted() -> None:
    careful = rule(move(WORK), state=RuleState.SKIP_IF_SCL_IS_SAFE)
    assert plan(careful, is_safe=True).folders == (INBOX,)
    assert plan(careful).folders == (WORK,)


@pytest.mark.requirement("MS-OXORULE", 548)
@pytest.mark.requirement("MS-OXORULE", 551)
def test_properties_and_the_read_flag_are_set() -> None:
    made = plan(
        rule(Action(ActionType.TAG, TagValue(tags.PidTagSensitivity, 2)), Action(ActionType.MARK_AS_READ))
    )
    assert (made.properties, made.is_read) == (((tags.PidTagSensitivity, 2),), True)


@pytest.mark.requirement("MS-OXORULE", 547)
def test_a_refused_mail_is_nowhere() -> None:
    made = plan(
        rule(move(WORK, ActionType.COPY)), rule(Action(ActionType.BOUNCE, BounceCode.DENIED), rule_id=2)
    )
    assert made == Plan((), effects=(Bounce(BounceCode.DENIED),))


@pytest.mark.requirement("MS-OXORULE", 525)
@pytest.mark.requirement("MS-OXORULE", 526)
def test_replies_are_sent_where_they_are_welcome() -> None:
    answering = rule(Action(ActionType.REPLY, TEMPLATE), Action(ActionType.OOF_REPLY, TEMPLATE, flavor=1))
    assert plan(answering).effects == (
        Reply(answering, TEMPLATE, 0, is_oof=False, to_sender=True, is_stock=False),
        Reply(answering, TEMPLATE, 1, is_oof=True, to_sender=False, is_stock=False),
    )
    assert plan(answering, may_reply=False).effects == ()


@pytest.mark.requirement("MS-OXORULE", 537)
@pytest.mark.requirement("MS-OXORULE", 539)
def test_mails_are_sent_on_unless_they_came_by_a_rule() -> None:
    sending = rule(Action(ActionType.FORWARD, PEOPLE, flavor=0x13), Action(ActionType.DELEGATE, PEOPLE))
    assert plan(sending).effects == (Forward(PEOPLE, ForwardFlavor(3)), Delegate(PEOPLE))
    assert plan(sending, may_forward=False).effects == ()


@pytest.mark.requirement("MS-OXORULE", 556)
@pytest.mark.requirement("MS-OXORULE", 557)
@pytest.mark.requirement("MS-OXORULE", 558)
def test_a_rule_with_a_list_answers_everybody_once() -> None:
    answering = rule(
        Action(ActionType.OOF_REPLY, TEMPLATE), state=RuleState.ONLY_WHEN_OOF | RuleState.KEEP_OOF_HIST
    )
    assert plan(answering, is_oof=True).oof_recipients == (1,)
    assert plan(answering, is_oof=True, answered=True) == Plan((INBOX,))


@pytest.mark.requirement("MS-OXORULE", 535)
@pytest.mark.requirement("MS-OXORULE", 569)
@pytest.mark.requirement("MS-OXORULE", 571)
def test_what_clients_do_is_gathered_by_provider() -> None:
    sound = Action(ActionType.DEFER_ACTION, b"ping")
    foreign = Action(ActionType.MOVE, MoveTo(b"folder of another store", b"store"))
    made = plan(
        rule(sound),
        rule(foreign, rule_id=2),
        rule(sound, rule_id=3, provider="other"),
        rule(move(NEWS), rule_id=4),
    )
    assert made.deferred == (
        Deferred("me", (1, 2), (sound, foreign)),
        Deferred("other", (3,), (sound,)),
    )
    assert made.folders == (NEWS,)


def test_a_missing_folder_is_a_problem_and_the_mail_stays() -> None:
    lost = rule(move(999))
    assert plan(lost) == Plan((INBOX,), problems=(Problem(lost, RuleError.MOVE_OR_COPY, ActionType.MOVE, 0),))


def test_conditions_that_cannot_be_evaluated_are_problems() -> None:
    strange = rule(move(WORK))
    assert plan(strange, holds=lambda _: None) == Plan(
        (INBOX,), problems=(Problem(strange, RuleError.PROCESSING),)
    )


def test_a_rule_that_cannot_be_read_is_told_once() -> None:
    broken = rule(move(WORK), state=RuleState.PARSE_ERROR)
    told = rule(move(WORK), state=RuleState.PARSE_ERROR | RuleState.ERROR)
    assert plan(broken).problems == (Problem(broken, RuleError.PARSE),)
    assert plan(told) == Plan((INBOX,))


@pytest.mark.requirement("MS-OXORULE", 912)
def test_rules_beyond_the_limits_are_not_run() -> None:
    many = [rule(move(WORK), rule_id=number, sequence=number) for number in range(MAX_RULES + 5)]
    extended = [
        replace(each, is_extended=True, rule_id=each.rule_id + 5000)
        for each in many[: MAX_EXTENDED_RULES + 5]
    ]
    kept = in_order([*many, *extended])
    assert len([each for each in kept if each.is_extended]) == MAX_EXTENDED_RULES
    assert len([each for each in kept if not each.is_extended]) == MAX_RULES


def test_what_one_mail_causes_is_bounded() -> None:
    actions = [Action(ActionType.FORWARD, PEOPLE)] * (MAX_EFFECTS + 10)
    assert len(plan(rule(*actions)).effects) == MAX_EFFECTS
