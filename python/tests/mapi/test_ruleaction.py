from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi import ruleaction
from gromox.mapi.extendedrule import ExtendedActions, ExtendedCondition, NamedProperties
from gromox.mapi.propname import PropertyName
from gromox.mapi.propvalue import pack_properties, unpack_properties
from gromox.mapi.restriction import And, Exist, Property, RelOp, Restriction
from gromox.mapi.ruleaction import (
    EXTENDED,
    STANDARD,
    STORED,
    Action,
    ActionType,
    BounceCode,
    ExtendedReplyTemplate,
    Form,
    ForwardFlavor,
    MoveTo,
    RecipientBlock,
    ReplyFlavor,
    ReplyTemplate,
    RuleAction,
    ServerEid,
    TagValue,
    pack_rule_action,
    unpack_rule_action,
)
from tests.mapi.mutation import mutations

GUID = UUID("00062004-0000-0000-c000-000000000046")
GUID_HEX = "0420060000000000c000000000000046"
HEAD = "00000000 00000000"  # flavor and flags
RECIPIENT = RecipientBlock(((0x3001001F, "a"), (0x0C150003, 1)))
RECIPIENT_HEX = "1f000130 61000000 0300150c 01000000"

# Assembled by hand from the layouts of [MS-OXORULE] 2.2.5: of one action each, behind the count.
STANDARD_VECTORS: list[tuple[Action, str]] = [
    (
        Action(ActionType.MOVE, MoveTo(ServerEid(0x0D00000000000001), b"s"), flags=5),
        "2400 01 00000000 05000000 01 0100 73 1500 01 010000000000000d 0000000000000000 00000000",
    ),
    (Action(ActionType.COPY, MoveTo(b"xy", b"s")), f"1100 02 {HEAD} 00 0100 73 0200 7879"),
    (
        Action(ActionType.REPLY, ReplyTemplate(1, 2, GUID), ReplyFlavor.STOCK_TEMPLATE),
        f"2900 03 02000000 00000000 0100000000000000 0200000000000000 {GUID_HEX}",
    ),
    (
        Action(ActionType.OOF_REPLY, ReplyTemplate(1, 2, GUID)),
        f"2900 04 {HEAD} 0100000000000000 0200000000000000 {GUID_HEX}",
    ),
    (Action(ActionType.DEFER_ACTION, b"client"), f"0f00 05 {HEAD} 636c69656e74"),
    (Action(ActionType.BOUNCE, BounceCode.DENIED), f"0d00 06 {HEAD} 26000000"),
    (
        Action(ActionType.FORWARD, (RECIPIENT,), ForwardFlavor.PRESERVE_SENDER | ForwardFlavor.DO_NOT_MUNGE),
        f"1e00 07 03000000 00000000 0100 01 0200 {RECIPIENT_HEX}",
    ),
    (Action(ActionType.DELEGATE, (RECIPIENT,)), f"1e00 08 {HEAD} 0100 01 0200 {RECIPIENT_HEX}"),
    (Action(ActionType.TAG, TagValue(0x00170003, 2)), f"1100 09 {HEAD} 03001700 02000000"),
    (Action(ActionType.DELETE), f"0900 0a {HEAD}"),
    (Action(ActionType.MARK_AS_READ), f"0900 0b {HEAD}"),
]
EXTENDED_VECTORS: list[tuple[Action, str]] = [
    (
        Action(ActionType.MOVE, MoveTo(b"folder", b"s")),
        f"18000000 01 {HEAD} 01000000 73 06000000 666f6c646572",
    ),
    (
        Action(ActionType.REPLY, ExtendedReplyTemplate(b"mes", GUID)),
        f"20000000 03 {HEAD} 03000000 6d6573 {GUID_HEX}",
    ),
    (
        Action(ActionType.FORWARD, (RECIPIENT,)),
        f"22000000 07 {HEAD} 01000000 01 02000000 {RECIPIENT_HEX}",
    ),
    (
        Action(ActionType.TAG, TagValue(0x80010102, b"ab")),
        f"13000000 09 {HEAD} 02010180 02000000 6162",
    ),
    (Action(ActionType.DELETE), f"09000000 0a {HEAD}"),
]
CASES: list[tuple[Form, Action, bytes]] = [
    *((STANDARD, action, bytes.fromhex("0100" + octets)) for action, octets in STANDARD_VECTORS),
    *((EXTENDED, action, bytes.fromhex("01000000" + octets)) for action, octets in EXTENDED_VECTORS),
]


def packed(rule: RuleAction, form: Form = STANDARD) -> bytes:
    w = Writer()
    pack_rule_action(w, rule, form)
    return w.octets()


def unpacked(octets: bytes, form: Form = STANDARD) -> RuleAction:
    r = Reader(octets)
    rule = unpack_rule_action(r, form)
    r.end()
    return rule


@pytest.mark.requirement("MS-OXORULE", "R231")
@pytest.mark.requirement("MS-OXORULE", "R236")
@pytest.mark.requirement("MS-OXORULE", "R245")
@pytest.mark.requirement("MS-OXORULE", "R294")
@pytest.mark.requirement("MS-OXORULE", "R339")
@pytest.mark.requirement("MS-OXORULE", "R346")
@pytest.mark.requirement("MS-OXORULE", "R739")
@pytest.mark.requirement("MS-OXORULE", "R736")
@pytest.mark.requirement("MS-OXORULE", "R945")
@pytest.mark.requirement("MS-OXORULE", "R949")
@pytest.mark.requirement("MS-OXORULE", "R966")
@pytest.mark.requirement("MS-OXORULE", "R982")
@pytest.mark.requirement("MS-OXORULE", "R992")
@pytest.mark.requirement("MS-OXORULE", "R995")
@pytest.mark.parametrize(("form", "action", "octets"), CASES)
def test_every_type_is_read_and_written(form: Form, action: Action, octets: bytes) -> None:
    assert unpacked(octets, form) == RuleAction((action,))
    assert packed(RuleAction((action,)), form) == octets


def test_no_type_is_without_a_vector() -> None:
    assert {action.type for action, _ in STANDARD_VECTORS} == set(ActionType)


@pytest.mark.parametrize(("form", "_action", "octets"), CASES)
def test_a_short_rule_is_an_error_at_every_length(form: Form, _action: Action, octets: bytes) -> None:
    for size in range(len(octets)):
        with pytest.raises(ParseError):
            unpacked(octets[:size], form)


@pytest.mark.parametrize(("form", "_action", "octets"), CASES)
def test_a_wrong_length_of_a_block_is_an_error(form: Form, _action: Action, octets: bytes) -> None:
    if _action.type == ActionType.DEFER_ACTION:
        return  # takes whatever there is
    longer = bytearray(octets + b"\0")
    longer[form.count] += 1
    with pytest.raises(ParseError):
        unpacked(bytes(longer), form)
    shorter = bytearray(octets)
    shorter[form.count] -= 1
    with pytest.raises(ParseError):
        unpacked(bytes(shorter[:-1]), form)


@pytest.mark.requirement("MS-OXORULE", "R323")
@pytest.mark.requirement("MS-OXORULE", "R330")
def test_recipients_of_a_standard_rule_may_be_counted_in_four_octets() -> None:
    octets = bytes.fromhex(f"0100 2200 07 {HEAD} 01000000 01 02000000 {RECIPIENT_HEX}")
    assert unpacked(octets) == RuleAction((Action(ActionType.FORWARD, (RECIPIENT,)),))


@pytest.mark.requirement("MS-OXORULE", "R232")
@pytest.mark.requirement("MS-OXORULE", "R324")
@pytest.mark.requirement("MS-OXORULE", "R331")
@pytest.mark.requirement("MS-OXORULE", "R340")
@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("0000", "1 to 1024 actions of a rule instead of 0"),
        ("ffff", "1 to 1024 actions of a rule instead of 65535"),
        (f"0100 0900 0c {HEAD}", "a type of rule actions at position 4"),
        (f"0100 0900 00 {HEAD}", "a type of rule actions at position 4"),
        (f"0100 0d00 06 {HEAD} 27000000", "a bounce code at position 13"),
        (f"0100 0b00 07 {HEAD} 0000", "1 to 4096 recipients instead of 0"),
        (f"0100 0e00 07 {HEAD} 0100 01 0000", "1 to 255 properties of a recipient instead of 0"),
        (f"0100 1000 01 {HEAD} 01 0000 0200 0102", "the ServerEid of a folder"),
        (f"0100 2300 01 {HEAD} 01 0000 1500 00" + "00" * 20, "the ServerEid of a folder"),
        (f"0100 0f00 09 {HEAD} fe008066 0000", "a known property type"),
        (f"0100 0a00 0a {HEAD} 00", "the end"),
    ],
)
def test_what_is_no_rule_is_refused(octets: str, expected: str) -> None:
    with pytest.raises(ParseError, match=expected):
        unpacked(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("form", "action"),
    [
        (STANDARD, Action(ActionType.MOVE)),
        (EXTENDED, Action(ActionType.MOVE, MoveTo(ServerEid(1)))),
        (EXTENDED, Action(ActionType.REPLY, ReplyTemplate(1, 2, GUID))),
        (STANDARD, Action(ActionType.REPLY, ExtendedReplyTemplate(b"", GUID))),
        (STANDARD, Action(ActionType.DEFER_ACTION, None)),
        (STANDARD, Action(ActionType.BOUNCE, None)),
        (STANDARD, Action(ActionType.FORWARD, ())),
        (STANDARD, Action(ActionType.FORWARD, (RECIPIENT,) * 4097)),
        (STANDARD, Action(ActionType.FORWARD, (RecipientBlock(()),))),
        (STANDARD, Action(ActionType.FORWARD, (RecipientBlock(((0x0C150003, 1),) * 256),))),
        (STANDARD, Action(ActionType.TAG, None)),
        (STANDARD, Action(ActionType.DELETE, b"")),
        (STANDARD, Action(ActionType.DEFER_ACTION, bytes(65536))),
    ],
)
def test_data_that_do_not_fit_are_refused(form: Form, action: Action) -> None:
    with pytest.raises(ValueError, match=r"stand where|properties|count of"):
        packed(RuleAction((action,)), form)


def test_the_number_of_actions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    two = RuleAction((Action(ActionType.DELETE),) * 2)
    octets = packed(two)
    monkeypatch.setattr(ruleaction, "MAX_ACTIONS", 1)
    with pytest.raises(ParseError, match="1 to 1 actions"):
        unpacked(octets)
    with pytest.raises(ValueError, match="1 to 1 actions"):
        packed(two)
    with pytest.raises(ValueError, match="1 to 1 actions"):
        packed(RuleAction(()))


@pytest.mark.requirement("MS-OXORULE", "R242")
@pytest.mark.requirement("MS-OXORULE", "R320")
def test_a_rule_goes_from_a_rop_into_a_mailbox_and_back() -> None:
    condition: Restriction = And((Exist(0x0037001F), Property(RelOp.EQUAL, 0x0FF60102, 0x0FF60102, b"ab")))
    rule = RuleAction(tuple(action for action, _ in STANDARD_VECTORS))
    values = {0x667900FD: condition, 0x668000FE: rule, 0x66760003: 10}
    narrow = pack_properties(values, wide=False)
    held = unpack_properties(narrow, wide=False)
    assert held == values
    stored = pack_properties(held)
    assert stored != narrow
    assert unpack_properties(stored) == values
    assert unpacked(packed(rule, STORED), STORED) == rule
    for size in range(len(stored)):
        with pytest.raises(ParseError):
            unpack_properties(stored[:size])
    with pytest.raises(ValueError, match="a restriction belongs"):
        pack_properties({0x667900FD: b"\x08"})
    with pytest.raises(ValueError, match="a RuleAction belongs"):
        pack_properties({0x668000FE: b"\x08"})


NAMES = NamedProperties(((0x8001, PropertyName(GUID, 0x8233)), (0x8005, PropertyName(GUID, "k"))))
NAMES_HEX = f"0200 0180 0580 2b000000 00{GUID_HEX}33820000 01{GUID_HEX}04 6b000000"


@pytest.mark.requirement("MS-OXORULE", "R200")
@pytest.mark.requirement("MS-OXORULE", "R218")
@pytest.mark.requirement("MS-OXORULE", "R221")
@pytest.mark.requirement("MS-OXORULE", "R225")
@pytest.mark.requirement("MS-OXORULE", "R938")
@pytest.mark.requirement("MS-OXORULE", "R942")
def test_an_extended_condition_names_its_properties() -> None:
    octets = bytes.fromhex(NAMES_HEX + "00 01000000 08 03000180")
    condition = ExtendedCondition(And((Exist(0x80010003),)), NAMES)
    assert ExtendedCondition.from_octets(octets) == condition
    assert condition.octets() == octets
    names = len(bytes.fromhex(NAMES_HEX))
    for size in range(1, len(octets)):
        if size != names:  # a condition may be missing as a whole
            with pytest.raises(ParseError):
                ExtendedCondition.from_octets(octets[:size])


@pytest.mark.requirement("MS-OXORULE", "R696")
@pytest.mark.requirement("MS-OXORULE", "R697")
@pytest.mark.requirement("MS-OXORULE", "R936")
def test_without_named_properties_two_octets_stand_there() -> None:
    assert ExtendedCondition(Exist(0x0037001F)).octets() == bytes.fromhex("0000 08 1f003700")
    assert ExtendedCondition.from_octets(b"\0\0") == ExtendedCondition(None)


@pytest.mark.requirement("MS-OXORULE", "R944")
def test_extended_actions_have_a_version() -> None:
    octets = bytes.fromhex(f"{NAMES_HEX} 01000000 01000000 09000000 0a {HEAD}")
    actions = ExtendedActions(RuleAction((Action(ActionType.DELETE),)), NAMES)
    assert ExtendedActions.from_octets(octets) == actions
    assert actions.octets() == octets
    for size in range(len(octets)):
        with pytest.raises(ParseError):
            ExtendedActions.from_octets(octets[:size])
    with pytest.raises(ParseError, match="version 1"):
        ExtendedActions.from_octets(bytes.fromhex(f"0000 02000000 01000000 09000000 0a {HEAD}"))


def test_names_that_are_none_are_refused() -> None:
    with pytest.raises(ParseError, match="0x8000 and above"):
        ExtendedCondition.from_octets(bytes.fromhex(f"0100 0100 15000000 00{GUID_HEX}33820000"))
    with pytest.raises(ParseError, match=r"the end .* at position 29"):
        ExtendedCondition.from_octets(bytes.fromhex(f"0100 0180 16000000 00{GUID_HEX}33820000 00"))
    with pytest.raises(ValueError, match="0x8000 and above"):
        ExtendedCondition(None, NamedProperties(((1, PropertyName(GUID, 1)),))).octets()


@pytest.mark.parametrize("form", [STANDARD, STORED])
@given(st.lists(st.sampled_from([action for action, _ in STANDARD_VECTORS]), min_size=1, max_size=5))
def test_what_is_written_is_read_back(form: Form, drawn: list[Action]) -> None:
    rule = RuleAction(tuple(drawn))
    assert unpacked(packed(rule, form), form) == rule


def test_damaged_rules_are_read_or_refused() -> None:
    for form, _, octets in CASES:
        for damaged in mutations(octets, 200, seed=len(octets)):
            try:
                unpacked(damaged, form)
            except ParseError:
                continue


@given(st.binary(max_size=80), st.integers(0, 11), st.sampled_from([STANDARD, EXTENDED, STORED]))
def test_any_data_of_an_action_are_read_or_refused(data: bytes, kind: int, form: Form) -> None:
    block = bytes((kind,)) + bytes(8) + data
    octets = (1).to_bytes(form.count, "little") + len(block).to_bytes(form.size, "little") + block
    try:
        rule = unpacked(octets, form)
    except ParseError:
        return
    # By repr, as a floating number that is none is not equal to itself.
    assert repr(unpacked(packed(rule, form), form)) == repr(rule)
