"""Elements of FastTransfer streams: which may stand where, and how errors unwind."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gromox.base.errors import ParseError
from gromox.mapi import tags
from gromox.mapi.fasttransfer import markers, writer
from gromox.mapi.fasttransfer.grammar import (
    MAX_DEPTH,
    Begin,
    Element,
    End,
    Event,
    GivenUp,
    Parser,
    Root,
)
from gromox.mapi.fasttransfer.lexeme import PropertyLexeme
from gromox.mapi.fasttransfer.markers import Marker

M = Marker
Item = Marker | int
SUBJECT, WARNING, DELETE = tags.PidTagSubject, markers.MetaTagEcWarning, markers.MetaTagFXDelProp
PREFIX, GROUP = markers.MetaTagDnPrefix, markers.MetaTagIncrSyncGroupId
MESSAGE = (M.START_MESSAGE, SUBJECT, M.END_MESSAGE)
EMBEDDED = (M.NEW_ATTACH, SUBJECT, M.START_EMBED, SUBJECT, M.END_EMBED, M.END_ATTACH)
RECIPIENT = (M.START_RECIP, SUBJECT, M.END_TO_RECIP)
STATE = (M.INCR_SYNC_STATE_BEGIN, SUBJECT, M.INCR_SYNC_STATE_END)
CHANGE = (M.INCR_SYNC_CHG, SUBJECT, M.INCR_SYNC_MESSAGE, SUBJECT, *RECIPIENT, *EMBEDDED)
GOOD: dict[str, tuple[Root, Sequence[Item]]] = {
    "nothing": (Root.MESSAGE_LIST, ()),
    "messages": (Root.MESSAGE_LIST, (PREFIX, WARNING, *MESSAGE, WARNING, *MESSAGE)),
    "message": (
        Root.MESSAGE_CONTENT,
        (PREFIX, SUBJECT, DELETE, *RECIPIENT, *RECIPIENT, DELETE, *EMBEDDED, *EMBEDDED),
    ),
    "attachment": (Root.ATTACHMENT_CONTENT, EMBEDDED[1:-1]),
    "folder": (
        Root.FOLDER_CONTENT,
        (SUBJECT, DELETE, M.START_FAI_MSG, M.END_MESSAGE, DELETE, *MESSAGE, DELETE, M.START_SUB_FLD,
         SUBJECT, *MESSAGE, M.START_SUB_FLD, M.END_FOLDER, M.END_FOLDER, M.START_SUB_FLD, M.END_FOLDER),
    ),
    "top folder": (Root.TOP_FOLDER, (PREFIX, M.START_TOP_FLD, SUBJECT, *MESSAGE, M.END_FOLDER)),
    "state": (Root.STATE, STATE),
    "hierarchy": (
        Root.HIERARCHY_SYNC,
        (M.INCR_SYNC_CHG, SUBJECT, M.INCR_SYNC_CHG, SUBJECT, M.INCR_SYNC_DEL, SUBJECT, *STATE,
         M.INCR_SYNC_END),
    ),
    "contents": (
        Root.CONTENTS_SYNC,
        (M.INCR_SYNC_PROGRESS_MODE, SUBJECT, M.INCR_SYNC_PROGRESS_PER_MSG, SUBJECT, *CHANGE, *CHANGE,
         M.INCR_SYNC_GROUP_INFO, SUBJECT, GROUP, M.INCR_SYNC_CHG_PARTIAL, SUBJECT, *RECIPIENT, *CHANGE,
         M.INCR_SYNC_DEL, SUBJECT, M.INCR_SYNC_READ, SUBJECT, *STATE, M.INCR_SYNC_END),
    ),
    "no changes": (Root.CONTENTS_SYNC, (*STATE, M.INCR_SYNC_END)),
    "an error last": (Root.MESSAGE_LIST, (M.START_MESSAGE, SUBJECT, M.FX_ERROR_INFO, 0x00000102)),
}  # fmt: skip
BAD: dict[str, tuple[Root, Sequence[Item]]] = {
    "recipients behind attachments": (Root.MESSAGE_CONTENT, (SUBJECT, *EMBEDDED, *RECIPIENT)),
    "properties behind recipients": (Root.MESSAGE_CONTENT, (*RECIPIENT, SUBJECT)),
    "properties behind an embedded message": (
        Root.ATTACHMENT_CONTENT,
        (M.START_EMBED, M.END_EMBED, SUBJECT),
    ),
    "two embedded messages": (
        Root.ATTACHMENT_CONTENT,
        (M.START_EMBED, M.END_EMBED, M.START_EMBED, M.END_EMBED),
    ),
    "properties of a list": (Root.MESSAGE_LIST, (SUBJECT,)),
    "the end of another element": (Root.MESSAGE_LIST, (M.START_MESSAGE, M.END_EMBED)),
    "the end of nothing": (Root.MESSAGE_CONTENT, (M.END_MESSAGE,)),
    "messages behind folders": (Root.FOLDER_CONTENT, (M.START_SUB_FLD, M.END_FOLDER, *MESSAGE)),
    "two top folders": (
        Root.TOP_FOLDER,
        (M.START_TOP_FLD, M.END_FOLDER, M.START_TOP_FLD, M.END_FOLDER),
    ),
    "no top folder": (Root.TOP_FOLDER, ()),
    "no state": (Root.CONTENTS_SYNC, (M.INCR_SYNC_END,)),
    "no end": (Root.CONTENTS_SYNC, STATE),
    "a change without content": (Root.CONTENTS_SYNC, (M.INCR_SYNC_CHG, SUBJECT, *RECIPIENT)),
    "changes behind deletions": (Root.CONTENTS_SYNC, (M.INCR_SYNC_DEL, SUBJECT, *CHANGE)),
    "deletions behind read states": (
        Root.CONTENTS_SYNC,
        (M.INCR_SYNC_READ, SUBJECT, M.INCR_SYNC_DEL, SUBJECT, *STATE),
    ),
    "read states of folders": (Root.HIERARCHY_SYNC, (M.INCR_SYNC_READ, SUBJECT, *STATE)),
    "progress twice": (Root.CONTENTS_SYNC, (M.INCR_SYNC_PROGRESS_MODE, M.INCR_SYNC_PROGRESS_MODE)),
    "something behind the end": (Root.STATE, (*STATE, *STATE)),
    "a message not ended": (Root.MESSAGE_LIST, MESSAGE[:-1]),
    "a change not ended": (Root.CONTENTS_SYNC, CHANGE),
    "an error where nothing can go on": (Root.MESSAGE_CONTENT, (M.FX_ERROR_INFO,)),
}


def octets_of(items: Sequence[Item]) -> bytes:
    values = {PREFIX: b"/o=x", WARNING: 5, DELETE: 5, GROUP: 1, 0x00000102: b""}
    return b"".join(
        writer.marker(item).octets
        if isinstance(item, Marker)
        else b"".join(each.octets for each in writer.property_value(item, values.get(item, "x")))
        for item in items
    )


def events(root: Root, items: Sequence[Item]) -> list[Event]:
    parser = Parser(root)
    return [*parser.feed(octets_of(items)), *parser.end()]


@pytest.mark.requirement("MS-OXCFXICS", 1203)
@pytest.mark.parametrize("name", GOOD)
def test_elements_begin_and_end_in_pairs(name: str) -> None:
    root, items = GOOD[name]
    open_elements: list[Element] = []
    properties = 0
    for each in events(root, items):
        if isinstance(each, Begin):
            open_elements.append(each.element)
        elif isinstance(each, End | GivenUp):
            assert open_elements.pop() is each.element
        else:
            assert isinstance(each, PropertyLexeme)
            properties += 1
    assert open_elements == []
    assert properties == sum(not isinstance(item, Marker) for item in items)


@pytest.mark.parametrize("name", GOOD)
def test_a_stream_that_ends_too_early_is_refused(name: str) -> None:
    root, items = GOOD[name]
    for size in range(len(items)):
        parser = Parser(root)
        depth = sum(
            1 if isinstance(each, Begin) else -1 if isinstance(each, End | GivenUp) else 0
            for each in parser.feed(octets_of(items[:size]))
        )
        if depth and items[size - 1] is not M.FX_ERROR_INFO:
            with pytest.raises(ParseError):
                list(parser.end())


@pytest.mark.parametrize("name", BAD)
def test_what_may_not_stand_there_is_refused(name: str) -> None:
    with pytest.raises(ParseError):
        events(*BAD[name])


def test_changes_have_a_header_and_a_content() -> None:
    root, items = GOOD["contents"]
    found = [each.element for each in events(root, items) if isinstance(each, Begin)]
    assert found[:8] == [
        Element.PROGRESS_TOTAL,
        Element.PROGRESS_PER_MESSAGE,
        Element.MESSAGE_CHANGE,
        Element.CONTENT,
        Element.RECIPIENT,
        Element.ATTACHMENT,
        Element.EMBEDDED_MESSAGE,
        Element.MESSAGE_CHANGE,
    ]
    assert found[-3:] == [Element.DELETIONS, Element.READ_STATE_CHANGES, Element.STATE]


@pytest.mark.requirement("MS-OXCFXICS", 1078)
@pytest.mark.parametrize(
    ("root", "before", "given_up"),
    [
        (
            Root.MESSAGE_LIST,
            (M.START_MESSAGE, M.NEW_ATTACH, M.START_EMBED),
            [Element.EMBEDDED_MESSAGE, Element.ATTACHMENT, Element.MESSAGE],
        ),
        (Root.CONTENTS_SYNC, CHANGE[:4], [Element.CONTENT, Element.MESSAGE_CHANGE]),
        (Root.FOLDER_CONTENT, (M.START_SUB_FLD, M.START_MESSAGE), [Element.MESSAGE]),
    ],
)
def test_an_error_gives_up_what_is_read(root: Root, before: Sequence[Item], given_up: list[Element]) -> None:
    parser = Parser(root)
    list(parser.feed(octets_of(before)))
    found = list(parser.feed(octets_of([M.FX_ERROR_INFO, 0x00000102])))
    assert found[:-1] == [*map(GivenUp, given_up), Begin(Element.ERROR_INFO)]
    after = CHANGE if root is Root.CONTENTS_SYNC else MESSAGE
    assert next(iter(parser.feed(octets_of(after)))) == End(Element.ERROR_INFO)


def test_depth_is_bounded() -> None:
    deep = [M.START_SUB_FLD] * MAX_DEPTH
    assert len(events(Root.FOLDER_CONTENT, [*deep, *[M.END_FOLDER] * MAX_DEPTH])) == 2 * MAX_DEPTH
    with pytest.raises(ParseError):
        events(Root.FOLDER_CONTENT, [*deep, M.START_SUB_FLD])
