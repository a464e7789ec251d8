"""FastTransfer streams of a mailbox: what they tell, and what comes of them; over every transport."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest

from gromox.codec.packed import Reader
from gromox.mapi import named, tags
from gromox.mapi.fasttransfer import markers
from gromox.mapi.fasttransfer.grammar import Begin, Element, End, GivenUp, Parser, Root
from gromox.mapi.fasttransfer.lexeme import LargeBegin, LargeEnd, LargePart, PropertyLexeme
from gromox.mapi.fasttransfer.structures import ProgressInformation
from gromox.mapi.idset import replguid_idset_from_octets, replid_idset_from_octets
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag, Recipient
from gromox.mapi.proptypes import PropType
from gromox.mapi.restriction import Property, RelOp
from gromox.store.errors import (
    DeniedError,
    FolderGoneError,
    InvalidValueError,
    LimitError,
    StoreError,
)
from gromox.store.fasttransfer.options import (
    ASSOCIATED,
    ATTACHMENTS,
    MESSAGES,
    RECIPIENTS,
    SUBFOLDERS,
    Selection,
    SendOption,
    TransferOptions,
)
from gromox.store.fasttransfer.values import ValueWriter
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session import SYSTEM, Actor, StoreSession
from gromox.store.session.transferring import MAX_BUFFER
from gromox.store.sync.conflict import Version
from gromox.store.sync.content import SyncFlag
from gromox.store.sync.state import SyncState
from tests.mapi.mutation import mutations
from tests.store.sample import mail
from tests.store.session.conftest import OpenSession
from tests.store.session.test_importing import version

INBOX, DRAFTS, SUBTREE = 13, 14, 9
BOB = Actor("bob@example.test")
LARGE = bytes(range(256)) * 1024
SUBJECT, BODY = tags.PidTagSubject, tags.PidTagBody
ALL = SyncFlag.UNICODE | SyncFlag.NORMAL | SyncFlag.FAI | SyncFlag.READ_STATE
UNICODE = TransferOptions()
PLAIN = SyncFlag(0)


@dataclass
class Node:
    """An element of a stream, as a test looks at it."""

    element: Element | None
    properties: list[tuple[int, object]] = field(default_factory=list)
    inner: list[Node] = field(default_factory=list)

    def __getitem__(self, tag: int) -> object:
        return dict(self.properties)[tag]

    def __contains__(self, tag: int) -> bool:
        return tag in dict(self.properties)

    def all(self, element: Element) -> list[Node]:
        return [each for each in self.inner if each.element is element]

    @property
    def tags(self) -> list[int]:
        return [tag for tag, _ in self.properties]


def fetched(session: StoreSession, handle: int, size: int = 2000) -> bytes:
    octets = b""
    while True:
        part = session.transfer_part(handle, size)
        assert len(part.octets) <= size
        octets += part.octets
        if part.is_done:
            assert part.in_progress_count <= part.total_step_count
            return octets


def tree(root: Root, octets: bytes) -> Node:
    parser = Parser(root)
    top = Node(None)
    path, large = [top], bytearray()
    tag = 0
    for event in [*parser.feed(octets), *parser.end()]:
        if isinstance(event, Begin):
            path[-1].inner.append(Node(event.element))
            path.append(path[-1].inner[-1])
        elif isinstance(event, End | GivenUp):
            path.pop()
        elif isinstance(event, PropertyLexeme):
            path[-1].properties.append((event.tag, event.value))
        elif isinstance(event, LargeBegin):
            tag, large = event.tag, bytearray()
        elif isinstance(event, LargePart):
            large += event.octets
        else:
            assert isinstance(event, LargeEnd)
            path[-1].properties.append((tag, bytes(large)))
    return top


def item(subject: str) -> Message:
    inner = Message(
        PropertyBag({SUBJECT: "inner", BODY: "inner body"}),
        [Recipient(PropertyBag({tags.PidTagDisplayName: "Ira", tags.PidTagRecipientType: 1}))],
        [Attachment(PropertyBag({tags.PidTagAttachLongFilename: "deep"}), InMemory(b"deep"))],
    )
    return Message(
        PropertyBag(
            {
                SUBJECT: subject,
                BODY: "text",
                tags.PidTagMessageClass: "IPM.Note",
                named.PidLidLocation: "room",
                named.PidNameKeywords: ("red", "blue"),
            }
        ),
        [
            Recipient(PropertyBag({tags.PidTagDisplayName: name, tags.PidTagRecipientType: 1}))
            for name in ("Ann", "Bob")
        ],
        [
            Attachment(PropertyBag({tags.PidTagAttachLongFilename: "large"}), InMemory(LARGE)),
            Attachment(PropertyBag({tags.PidTagDisplayName: "inner"}), embedded=inner),
        ],
    )


def shape(session: StoreSession, mid: int) -> object:
    """Return what counts of a message."""

    def of(message: Message) -> object:
        keys = (SUBJECT, BODY, tags.PidTagMessageClass, named.PidLidLocation, named.PidNameKeywords)
        return (
            [message.properties.get(key) for key in keys],
            [each.properties.get(tags.PidTagDisplayName) for each in message.recipients],
            [
                (
                    each.properties.get(tags.PidTagAttachLongFilename),
                    None if each.data is None else b"".join(each.data.chunks()),
                    None if each.embedded is None else of(each.embedded),
                )
                for each in message.attachments
            ],
        )

    return of(session.read_message(mid, is_named=True))


def contents(
    session: StoreSession,
    state: SyncState | None = None,
    flags: SyncFlag = ALL,
    options: TransferOptions = UNICODE,
    folder_id: int = INBOX,
) -> Node:
    handle = session.transfer_contents(folder_id, state or SyncState(), flags, options)
    return tree(Root.CONTENTS_SYNC, fetched(session, handle))


# Messages and folders to another place, by a stream.


@pytest.mark.requirement("MS-OXCFXICS", 1391)
@pytest.mark.requirement("MS-OXCFXICS", 1392)
@pytest.mark.requirement("MS-OXCFXICS", 3311)
@pytest.mark.requirement("MS-OXCFXICS", 3490)
@pytest.mark.requirement("MS-OXCFXICS", 3491)
@pytest.mark.parametrize("size", [1024, 15_480, MAX_BUFFER])
def test_messages_go_from_folder_to_folder(session: StoreSession, mailbox: Mailbox, size: int) -> None:
    mailbox.append(INBOX, [mail("a mail")])
    first = session.create_message(INBOX, item("one")).mid
    fai = session.create_message(INBOX, item("settings"), associated=True).mid
    (post, *_) = session.changes(INBOX, 0).created
    mids = [first, fai, post, 0x7777]
    octets = fetched(session, session.transfer_messages(INBOX, mids), size)
    top = tree(Root.MESSAGE_LIST, octets)
    kinds = [each.element for each in top.inner]
    assert kinds == [Element.MESSAGE, Element.FAI_MESSAGE, Element.MESSAGE]
    for each in top.inner:
        assert each.tags[0] == tags.PidTagMid
        assert all(not 0x6600 <= tag >> 16 < 0x6800 for tag in each.tags[1:])
        for recipient in each.all(Element.RECIPIENT):
            assert recipient.tags[0] == tags.PidTagRowid
    handle = session.receive_into_folder(DRAFTS, Root.MESSAGE_LIST)
    for at in range(0, len(octets), size):
        session.receive_part(handle, octets[at : at + size])
    session.receive_end(handle)
    copies = session.changes(DRAFTS, 0).created
    assert [shape(session, each) for each in copies] == [shape(session, each) for each in mids[:3]]
    assert mailbox.folder(DRAFTS).associated_total == 1


@pytest.mark.requirement("MS-OXCFXICS", 1345)
@pytest.mark.requirement("MS-OXCFXICS", 1348)
@pytest.mark.requirement("MS-OXCFXICS", 1351)
@pytest.mark.requirement("MS-OXCFXICS", 2124)
@pytest.mark.requirement("MS-OXCFXICS", 3481)
@pytest.mark.requirement("MS-OXCFXICS", 3482)
@pytest.mark.requirement("MS-OXCFXICS", "R3311001")
def test_folders_go_with_all_below_them(session: StoreSession, mailbox: Mailbox) -> None:
    values = {tags.PidTagComment: "about it", tags.PidTagContainerClass: "IPF.Note"}
    source = session.create_folder(SUBTREE, "Projects", values=values)
    below = session.create_folder(source, "Old", values=values)
    session.create_folder(below, "Older")
    for folder_id in (source, below):
        session.create_message(folder_id, item(f"in {folder_id}"))
    octets = fetched(session, session.transfer_folder(source, is_copy=True))
    (top,) = tree(Root.TOP_FOLDER, octets).inner
    assert markers.MetaTagFXDelProp not in top
    (sub,) = top.all(Element.SUB_FOLDER)
    assert sub.tags[:3] == [tags.PidTagFolderId, tags.PidTagDisplayName, tags.PidTagComment]
    assert (tags.PidTagFolderId in top, tags.PidTagMid in top.all(Element.MESSAGE)[0]) == (False, True)
    handle = session.receive_into_folder(DRAFTS, Root.TOP_FOLDER)
    session.receive_part(handle, octets)
    session.receive_end(handle)
    copy = session.folder_named(DRAFTS, "Projects")
    assert copy is not None
    old = session.folder_named(copy, "Old")
    assert old is not None
    assert session.folder_named(old, "Older") is not None
    assert session.folder_properties(old, [tags.PidTagComment]) == {tags.PidTagComment: "about it"}
    for made, origin in ((copy, source), (old, below)):
        (mid,), (original,) = (session.changes(each, 0).created for each in (made, origin))
        assert shape(session, mid) == shape(session, original)
    for options, count in ((UNICODE, 0), (replace(UNICODE, is_move=True), 1)):
        handle = session.transfer_folder(source, options, is_copy=True, has_subfolders=False)
        (top,) = tree(Root.TOP_FOLDER, fetched(session, handle)).inner
        assert len(top.all(Element.SUB_FOLDER)) == count


@pytest.mark.requirement("MS-OXCFXICS", 1113)
@pytest.mark.requirement("MS-OXCFXICS", 2276)
@pytest.mark.requirement("MS-OXCFXICS", 2278)
@pytest.mark.requirement("MS-OXCFXICS", 2280)
@pytest.mark.requirement("MS-OXCFXICS", 2620)
@pytest.mark.requirement("MS-OXCFXICS", 3439)
@pytest.mark.requirement("MS-OXCFXICS", 3441)
@pytest.mark.requirement("MS-OXCFXICS", 3464)
@pytest.mark.requirement("MS-OXCFXICS", 3465)
def test_a_folder_is_told_as_far_as_it_was_asked_for(session: StoreSession) -> None:
    source = session.create_folder(SUBTREE, "Projects", values={tags.PidTagComment: "about"})
    session.create_folder(source, "Old")
    session.create_message(source, item("one"))

    def told(selection: Selection | None, *, has_parts: bool = True) -> tuple[list[object], int, bool]:
        options = TransferOptions(selection=selection, has_parts=has_parts)
        octets = fetched(session, session.transfer_folder(source, options, is_copy=False))
        top = tree(Root.FOLDER_CONTENT, octets)
        deleted = [value for tag, value in top.properties if tag == markers.MetaTagFXDelProp]
        return deleted, len(top.inner), tags.PidTagComment in top

    assert told(None) == ([ASSOCIATED, MESSAGES, SUBFOLDERS], 2, True)
    assert told(None, has_parts=False) == ([], 0, True)
    some = frozenset({MESSAGES, tags.PidTagComment})
    assert told(Selection(some)) == ([ASSOCIATED, SUBFOLDERS], 1, False)
    assert told(Selection(some, is_only=True)) == ([MESSAGES], 1, True)
    octets = fetched(session, session.transfer_folder(source, is_copy=False))
    handle = session.receive_into_folder(DRAFTS, Root.FOLDER_CONTENT)
    session.receive_part(handle, octets)
    session.receive_end(handle)
    assert len(session.changes(DRAFTS, 0).created) == 1
    assert session.folder_properties(DRAFTS, [tags.PidTagComment]) == {tags.PidTagComment: "about"}
    assert session.folder_named(DRAFTS, "Old") is not None


@pytest.mark.requirement("MS-OXCFXICS", 3304)
def test_an_open_message_is_told_and_taken_in(session: StoreSession) -> None:
    mid = session.create_message(INBOX, item("one")).mid
    source = session.open_item(mid).handle
    octets = fetched(session, session.transfer_item(source))
    top = tree(Root.MESSAGE_CONTENT, octets)
    deleted = [value for tag, value in top.properties if tag == markers.MetaTagFXDelProp]
    assert deleted == [RECIPIENTS, ATTACHMENTS]
    (embedded,) = top.all(Element.ATTACHMENT)[1].all(Element.EMBEDDED_MESSAGE)
    assert markers.MetaTagFXDelProp not in embedded
    target = session.new_item(DRAFTS).handle
    handle = session.receive_into_item(target)
    for at in range(0, len(octets), 3000):
        session.receive_part(handle, octets[at : at + 3000])
    session.receive_end(handle)
    assert session.changes(DRAFTS, 0).created == ()
    saved = session.save_item(target).mid
    assert shape(session, saved) == shape(session, mid)
    # Once more into what is there: the parts are those of the stream alone.
    again = session.receive_into_item(target)
    session.receive_part(again, octets)
    session.save_item(target)
    assert shape(session, saved) == shape(session, mid)
    only = TransferOptions(selection=Selection(frozenset({SUBJECT}), is_only=True))
    top = tree(Root.MESSAGE_CONTENT, fetched(session, session.transfer_item(source, only)))
    assert (top.tags, top.inner) == ([SUBJECT], [])


def test_an_open_attachment_is_told_and_taken_in(session: StoreSession, mailbox: Mailbox) -> None:
    mid = session.create_message(INBOX, item("one")).mid
    source = session.open_item(mid).handle
    target = session.new_item(DRAFTS).handle
    cid = mailbox.path / "cid"
    for number in (0, 1):
        opened = session.open_attachment(source, number).handle
        octets = fetched(session, session.transfer_item(opened))
        made = session.new_attachment(target).handle
        handle = session.receive_into_item(made)
        for at in range(0, len(octets), 5000):
            session.receive_part(handle, octets[at : at + 5000])
        session.save_attachment(made)
    assert [each for each in cid.iterdir() if each.name.startswith(".new-")]
    saved = session.read_message(session.save_item(target).mid)
    assert [each for each in cid.iterdir() if each.name.startswith(".new-")] == []
    # Of a message that is not saved nothing stays.
    dropped = session.new_item(DRAFTS).handle
    handle = session.receive_into_item(session.new_attachment(dropped).handle)
    octets = fetched(session, session.transfer_item(session.open_attachment(source, 0).handle))
    session.receive_part(handle, octets)
    session.close_handle(dropped)
    assert [each for each in cid.iterdir() if each.name.startswith(".new-")] == []
    original = session.read_message(mid)
    data = saved.attachments[0].data
    assert data is not None
    assert b"".join(data.chunks()) == LARGE
    inner = [each.attachments[1].embedded for each in (saved, original)]
    assert inner[0] is not None
    assert inner[1] is not None
    assert inner[0].properties[BODY] == inner[1].properties[BODY] == "inner body"
    assert len(inner[0].attachments) == 1


# Forms of text.


@pytest.mark.requirement("MS-OXCFXICS", 3447)
@pytest.mark.requirement("MS-OXCFXICS", 3448)
@pytest.mark.requirement("MS-OXCFXICS", 3449)
@pytest.mark.requirement("MS-OXCFXICS", 3450)
@pytest.mark.requirement("MS-OXCFXICS", 3451)
@pytest.mark.requirement("MS-OXCFXICS", 3452)
@pytest.mark.requirement("MS-OXCFXICS", 3453)
@pytest.mark.requirement("MS-OXCFXICS", 3454)
@pytest.mark.requirement("MS-OXCFXICS", 3455)
@pytest.mark.requirement("MS-OXCFXICS", 3456)
@pytest.mark.requirement("MS-OXCFXICS", 3457)
@pytest.mark.requirement("MS-OXCFXICS", 3459)
@pytest.mark.requirement("MS-OXCFXICS", 3780)
@pytest.mark.requirement("MS-OXCFXICS", 3782)
@pytest.mark.requirement("MS-OXCFXICS", 2162)
@pytest.mark.requirement("MS-OXCFXICS", 2163)
@pytest.mark.parametrize(
    ("send", "kind"),
    [
        (SendOption(0), PropType.STRING8),
        (SendOption.UNICODE, PropType.STRING),
        (SendOption.FORCE_UNICODE, PropType.STRING),
        (SendOption.UNICODE | SendOption.FORCE_UNICODE, PropType.STRING),
        (SendOption.USE_CPID, 0x84B0),
        (SendOption.USE_CPID | SendOption.UNICODE, 0x84B0),
        (SendOption.USE_CPID | SendOption.FORCE_UNICODE, 0x84B0),
        (SendOption.USE_CPID | SendOption.UNICODE | SendOption.FORCE_UNICODE, 0x84B0),
    ],
)
def test_text_comes_in_the_form_that_was_asked_for(
    session: StoreSession, send: SendOption, kind: int
) -> None:
    mid = session.create_message(INBOX, item("Grüße")).mid
    options = TransferOptions(send=send, code_page=1252)
    octets = fetched(session, session.transfer_messages(INBOX, [mid], options))
    mark = (0x0037 << 16 | kind).to_bytes(4, "little")
    form = "cp1252" if kind == PropType.STRING8 else "utf-16-le"
    text = "Grüße\0".encode(form)
    assert mark + len(text).to_bytes(4, "little") + text in octets
    handle = session.receive_into_folder(DRAFTS, Root.MESSAGE_LIST, code_page=1252)
    session.receive_part(handle, octets)
    (copy,) = session.changes(DRAFTS, 0).created
    assert shape(session, copy) == shape(session, mid)


def test_unknown_options_are_refused() -> None:
    assert SendOption.of_wire(0x7F) == SendOption(0x1F)
    with pytest.raises(InvalidValueError):
        SendOption.of_wire(0x80)


# Differences.


@pytest.mark.requirement("MS-OXCFXICS", 1352)
@pytest.mark.requirement("MS-OXCFXICS", 1353)
@pytest.mark.requirement("MS-OXCFXICS", 1354)
@pytest.mark.requirement("MS-OXCFXICS", 1355)
@pytest.mark.requirement("MS-OXCFXICS", 1356)
@pytest.mark.requirement("MS-OXCFXICS", 1357)
@pytest.mark.requirement("MS-OXCFXICS", 1358)
@pytest.mark.requirement("MS-OXCFXICS", 1359)
@pytest.mark.requirement("MS-OXCFXICS", 1360)
@pytest.mark.requirement("MS-OXCFXICS", 1361)
@pytest.mark.requirement("MS-OXCFXICS", 1363)
@pytest.mark.requirement("MS-OXCFXICS", 1365)
@pytest.mark.requirement("MS-OXCFXICS", 1367)
@pytest.mark.requirement("MS-OXCFXICS", 1368)
@pytest.mark.requirement("MS-OXCFXICS", 2077)
@pytest.mark.requirement("MS-OXCFXICS", 2078)
@pytest.mark.requirement("MS-OXCFXICS", 2079)
@pytest.mark.requirement("MS-OXCFXICS", 2761)
@pytest.mark.requirement("MS-OXCFXICS", 2178)
@pytest.mark.requirement("MS-OXCFXICS", 2179)
@pytest.mark.requirement("MS-OXCFXICS", 2195)
@pytest.mark.requirement("MS-OXCFXICS", 2196)
@pytest.mark.requirement("MS-OXCFXICS", 2197)
@pytest.mark.requirement("MS-OXCFXICS", 3786)
def test_changes_begin_with_what_tells_them_apart(session: StoreSession, mailbox: Mailbox) -> None:
    saved = session.create_message(INBOX, item("one"))
    header = [
        tags.PidTagSourceKey,
        tags.PidTagLastModificationTime,
        tags.PidTagChangeKey,
        tags.PidTagPredecessorChangeList,
        tags.PidTagAssociated,
    ]
    (change,) = contents(session).all(Element.MESSAGE_CHANGE)
    assert change.tags == header
    stored = session.properties_of_messages([saved.mid], header)[saved.mid]
    assert tuple(value for _, value in change.properties) == stored
    extra = SyncFlag.EID | SyncFlag.MESSAGE_SIZE | SyncFlag.CHANGE_NUMBER
    for flags in (extra, extra | SyncFlag.NO_FOREIGN_IDENTIFIERS):
        (change,) = contents(session, flags=ALL | flags).all(Element.MESSAGE_CHANGE)
        more = [tags.PidTagMid, tags.PidTagMessageSize, tags.PidTagChangeNumber]
        assert change.tags == [*header, *more]
        wanted = session.properties_of_messages([saved.mid], more)[saved.mid]
        assert tuple(change[tag] for tag in more) == wanted
    (content,) = change.all(Element.CONTENT)
    assert content[SUBJECT] == "one"
    assert not {tag >> 16 for tag in content.tags} & {tag >> 16 for tag in (*header, *more)}
    assert all(not 0x6600 <= tag >> 16 < 0x6800 for tag in content.tags)
    assert len(content.all(Element.RECIPIENT)) == 2
    assert content.all(Element.ATTACHMENT)[0][tags.PidTagAttachDataBinary] == LARGE


@pytest.mark.requirement("MS-OXCFXICS", 1063)
@pytest.mark.requirement("MS-OXCFXICS", 1337)
@pytest.mark.requirement("MS-OXCFXICS", "R133703")
@pytest.mark.requirement("MS-OXCFXICS", 1945)
@pytest.mark.requirement("MS-OXCFXICS", 1946)
@pytest.mark.requirement("MS-OXCFXICS", 2165)
@pytest.mark.requirement("MS-OXCFXICS", 2166)
@pytest.mark.requirement("MS-OXCFXICS", 2167)
@pytest.mark.requirement("MS-OXCFXICS", 2170)
@pytest.mark.requirement("MS-OXCFXICS", 2171)
@pytest.mark.requirement("MS-OXCFXICS", 2172)
@pytest.mark.requirement("MS-OXCFXICS", 2173)
@pytest.mark.requirement("MS-OXCFXICS", 2174)
@pytest.mark.requirement("MS-OXCFXICS", 2175)
@pytest.mark.requirement("MS-OXCFXICS", 3315)
@pytest.mark.requirement("MS-OXCFXICS", 3337)
@pytest.mark.requirement("MS-OXCFXICS", 1858)
def test_what_left_and_what_was_read_is_told(session: StoreSession, mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("a"), mail("b")])
    gone, read = session.changes(INBOX, 0).created
    session.create_message(INBOX, item("settings"), associated=True)
    assert len(contents(session).all(Element.MESSAGE_CHANGE)) == 3
    for flag, count in ((SyncFlag.NORMAL, 2), (SyncFlag.FAI, 1)):
        assert len(contents(session, flags=flag).all(Element.MESSAGE_CHANGE)) == count
    handle = session.transfer_contents(INBOX, SyncState(), ALL)
    (told,) = tree(Root.CONTENTS_SYNC, fetched(session, handle)).all(Element.STATE)
    state = session.sync_state(handle)
    octets = state.octets()
    names = (tags.PidTagIdsetGiven, tags.PidTagCnsetSeen, tags.PidTagCnsetSeenFAI, tags.PidTagCnsetRead)
    assert told.properties == list(zip(names, octets, strict=True))
    assert set(replguid_idset_from_octets(octets[0])) >= {
        (session.long_term_id(1).database, mid) for mid in (gone, read)
    }
    session.set_read_flags(INBOX, [read])
    upload = session.sync_upload(INBOX, state)
    session.import_deletions(upload, [gone])
    top = contents(session, state)
    (deleted,) = top.all(Element.DELETIONS)
    assert deleted.tags == [tags.PidTagIdsetDeleted]
    value = deleted[tags.PidTagIdsetDeleted]
    assert isinstance(value, bytes)
    assert list(replid_idset_from_octets(value)) == [(1, gone)]
    (changed,) = top.all(Element.READ_STATE_CHANGES)
    assert changed.tags == [tags.PidTagIdsetRead]
    assert contents(session, state, ALL & ~SyncFlag.READ_STATE).all(Element.READ_STATE_CHANGES) == []
    assert contents(session, state, ALL | SyncFlag.NO_DELETIONS).all(Element.DELETIONS) == []


@pytest.mark.requirement("MS-OXCFXICS", 1171)
@pytest.mark.requirement("MS-OXCFXICS", 1172)
@pytest.mark.requirement("MS-OXCFXICS", 1179)
@pytest.mark.requirement("MS-OXCFXICS", 1180)
@pytest.mark.requirement("MS-OXCFXICS", 1376)
@pytest.mark.requirement("MS-OXCFXICS", 1377)
@pytest.mark.requirement("MS-OXCFXICS", 1380)
@pytest.mark.requirement("MS-OXCFXICS", 1381)
@pytest.mark.requirement("MS-OXCFXICS", 1385)
@pytest.mark.requirement("MS-OXCFXICS", 1386)
@pytest.mark.requirement("MS-OXCFXICS", 1387)
@pytest.mark.requirement("MS-OXCFXICS", 1390)
@pytest.mark.requirement("MS-OXCFXICS", 2188)
def test_progress_is_told_if_asked_for(session: StoreSession) -> None:
    session.create_message(INBOX, item("one"))
    session.create_message(INBOX, item("settings"), associated=True)
    plain = contents(session)
    assert plain.all(Element.PROGRESS_TOTAL) == plain.all(Element.PROGRESS_PER_MESSAGE) == []
    top = contents(session, flags=ALL | SyncFlag.PROGRESS | SyncFlag.MESSAGE_SIZE)
    (total,) = top.all(Element.PROGRESS_TOTAL)
    assert total.tags == [0x00000102]
    value = total[0x00000102]
    assert isinstance(value, bytes)
    told = ProgressInformation.decode(Reader(value))
    assert (told.normal_message_count, told.fai_message_count) == (1, 1)
    sizes = [each[tags.PidTagMessageSize] for each in top.all(Element.MESSAGE_CHANGE)]
    each_one = top.all(Element.PROGRESS_PER_MESSAGE)
    assert [each.tags for each in each_one] == [[0x00000003, 0x0000000B]] * 2
    assert [each[0x00000003] for each in each_one] == sizes
    assert [each[0x0000000B] for each in each_one] == [False, True]


@pytest.mark.requirement("MS-OXCFXICS", "R2183003")
@pytest.mark.requirement("MS-OXCFXICS", "R218300301")
@pytest.mark.requirement("MS-OXCFXICS", "R2183005")
@pytest.mark.requirement("MS-OXCFXICS", "R21830051")
@pytest.mark.requirement("MS-OXCFXICS", "R2183006")
@pytest.mark.requirement("MS-OXCFXICS", "R21830061")
@pytest.mark.requirement("MS-OXCFXICS", 2273)
def test_properties_can_be_selected(session: StoreSession) -> None:
    session.create_message(INBOX, item("one"))
    session.create_message(INBOX, item("settings"), associated=True)
    only, ignored = SyncFlag.ONLY_SPECIFIED_PROPERTIES, SyncFlag.IGNORE_SPECIFIED_ON_FAI

    def told(flags: SyncFlag, *selected: int) -> list[tuple[bool, bool, int]]:
        selection = Selection(frozenset(selected), is_only=bool(flags & only))
        top = contents(session, flags=ALL | flags, options=TransferOptions(selection=selection))
        found = [each.all(Element.CONTENT)[0] for each in top.all(Element.MESSAGE_CHANGE)]
        return [(SUBJECT in each, BODY in each, len(each.all(Element.RECIPIENT))) for each in found]

    assert told(SyncFlag(0)) == [(True, True, 2)] * 2
    assert told(SyncFlag(0), SUBJECT, RECIPIENTS) == [(False, True, 0)] * 2
    assert told(ignored, SUBJECT, RECIPIENTS) == [(False, True, 0)] * 2
    assert told(only, SUBJECT, RECIPIENTS) == [(True, False, 2)] * 2
    assert told(only | ignored, SUBJECT) == [(True, False, 0), (True, True, 2)]


@pytest.mark.requirement("MS-OXCFXICS", 1135)
@pytest.mark.requirement("MS-OXCFXICS", 1136)
@pytest.mark.requirement("MS-OXCFXICS", 1137)
@pytest.mark.requirement("MS-OXCFXICS", 1138)
@pytest.mark.requirement("MS-OXCFXICS", 1816)
@pytest.mark.requirement("MS-OXCFXICS", 1817)
def test_versions_in_conflict_go_one_by_one(session: StoreSession) -> None:
    mid = session.local_replica_ids(1)
    handle = session.sync_upload(INBOX, SyncState())
    session.import_message(handle, mid, item("base"), version(1))
    session.set_message_properties(mid, {SUBJECT: "here"})
    session.import_message(handle, mid, item("there"), version(2, time=1))
    changes = contents(session).all(Element.MESSAGE_CHANGE)
    found = [each.all(Element.CONTENT)[0] for each in changes]
    assert [each[SUBJECT] for each in found] == ["here", "there"]
    assert [len(each.all(Element.ATTACHMENT)) for each in found] == [2, 2]
    told = [
        Version(*[each[tag] for tag in (  # type: ignore[arg-type] # a test sees what they are
            tags.PidTagChangeKey, tags.PidTagPredecessorChangeList, tags.PidTagLastModificationTime)])
        for each in changes
    ]  # fmt: skip
    assert told == [each.version for each in session.conflict_versions(mid)]
    assert len({each[tags.PidTagSourceKey] for each in changes}) == 1


@pytest.mark.requirement("MS-OXCFXICS", 1088)
@pytest.mark.requirement("MS-OXCFXICS", 1089)
@pytest.mark.requirement("MS-OXCFXICS", 1090)
@pytest.mark.requirement("MS-OXCFXICS", 1091)
@pytest.mark.requirement("MS-OXCFXICS", 1092)
@pytest.mark.requirement("MS-OXCFXICS", 1093)
@pytest.mark.requirement("MS-OXCFXICS", 1095)
@pytest.mark.requirement("MS-OXCFXICS", 1097)
@pytest.mark.requirement("MS-OXCFXICS", 1128)
@pytest.mark.requirement("MS-OXCFXICS", 1129)
@pytest.mark.requirement("MS-OXCFXICS", 1209)
@pytest.mark.requirement("MS-OXCFXICS", 1211)
@pytest.mark.requirement("MS-OXCFXICS", 1212)
@pytest.mark.requirement("MS-OXCFXICS", 1333)
@pytest.mark.requirement("MS-OXCFXICS", "R1337002")
@pytest.mark.requirement("MS-OXCFXICS", 2081)
@pytest.mark.requirement("MS-OXCFXICS", 2191)
def test_folders_are_told_parents_first(session: StoreSession) -> None:
    made = session.create_folder(SUBTREE, "Projects")
    below = session.create_folder(made, "Old")

    def told(state: SyncState, flags: SyncFlag = PLAIN) -> tuple[Node, SyncState]:
        handle = session.transfer_hierarchy(SUBTREE, state, SyncFlag.UNICODE | flags)
        top = tree(Root.HIERARCHY_SYNC, fetched(session, handle))
        return top, session.sync_state(handle)

    top, state = told(SyncState())
    changes = top.all(Element.FOLDER_CHANGE)
    first = [
        tags.PidTagParentSourceKey,
        tags.PidTagSourceKey,
        tags.PidTagLastModificationTime,
        tags.PidTagChangeKey,
        tags.PidTagPredecessorChangeList,
        tags.PidTagDisplayName,
    ]
    known = {b""}
    for each in changes:
        assert each.tags[:6] == first
        assert not {tags.PidTagFolderId, tags.PidTagParentFolderId} & set(each.tags)
        assert each[tags.PidTagParentSourceKey] in known
        key = each[tags.PidTagSourceKey]
        assert isinstance(key, bytes)
        known.add(key)
    assert len(known) == len(changes) + 1
    named_folders = {each[tags.PidTagDisplayName]: each for each in changes}
    assert named_folders["Projects"][tags.PidTagParentSourceKey] == b""
    (final,) = top.all(Element.STATE)
    assert final.tags == [tags.PidTagIdsetGiven, tags.PidTagCnsetSeen]
    for flags, more in (
        (SyncFlag.EID, {tags.PidTagFolderId, tags.PidTagParentFolderId}),
        (SyncFlag.NO_FOREIGN_IDENTIFIERS, {tags.PidTagParentFolderId}),
    ):
        again, _ = told(SyncState(), flags)
        for each in again.all(Element.FOLDER_CHANGE):
            assert set(each.tags) & {tags.PidTagFolderId, tags.PidTagParentFolderId} == more
    session.delete_folder(below)
    top, _ = told(state)
    (gone,) = top.all(Element.DELETIONS)
    assert gone.tags == [tags.PidTagIdsetDeleted]


@pytest.mark.requirement("MS-OXCFXICS", 1334)
@pytest.mark.requirement("MS-OXCFXICS", "R133301")
@pytest.mark.requirement("MS-OXCFXICS", 2168)
@pytest.mark.requirement("MS-OXCFXICS", 2169)
def test_what_left_the_scope_is_told_apart(session: StoreSession) -> None:
    mid = session.create_message(INBOX, item("one")).mid
    wanted = Property(RelOp.EQUAL, tags.PidTagSensitivity, tags.PidTagSensitivity, 0)
    handle = session.transfer_contents(INBOX, SyncState(), ALL, UNICODE, wanted)
    fetched(session, handle)
    state = session.sync_state(handle)
    session.set_message_properties(mid, {tags.PidTagSensitivity: 2})

    def told(flags: SyncFlag) -> list[int]:
        handle = session.transfer_contents(INBOX, state, ALL | flags, UNICODE, wanted)
        top = tree(Root.CONTENTS_SYNC, fetched(session, handle))
        return [tag for each in top.all(Element.DELETIONS) for tag in each.tags]

    assert told(PLAIN) == [0x40210102]
    assert told(SyncFlag.IGNORE_NO_LONGER_IN_SCOPE) == told(SyncFlag.NO_DELETIONS) == []


@pytest.mark.requirement("MS-OXCFXICS", 2026)
@pytest.mark.requirement("MS-OXCFXICS", 3396)
def test_states_are_compact_and_ids_exact(session: StoreSession) -> None:
    # Other folders use change numbers and ids in between.
    for number in range(3):
        session.create_message(INBOX, item(f"message {number}"))
        session.create_message(DRAFTS, item("elsewhere"))
    handle = session.transfer_contents(INBOX, SyncState(), ALL)
    fetched(session, handle)
    state = session.sync_state(handle)
    (home,) = state.given.replicas()
    assert list(state.given.counters(home)) == list(session.changes(INBOX, 0).created)
    assert state.seen.counters(home).range_count == 1


@pytest.mark.requirement("MS-OXCFXICS", 2160)
@pytest.mark.requirement("MS-OXCFXICS", 2180)
@pytest.mark.requirement("MS-OXCFXICS", 2201)
def test_flags_of_the_wire() -> None:
    assert SyncFlag.of_wire(0x0139, 0x5) == (
        ALL | SyncFlag.NO_FOREIGN_IDENTIFIERS | SyncFlag.EID | SyncFlag.CHANGE_NUMBER
    )
    assert SyncFlag.of_wire(0, 0xFFFFFFF0) == SyncFlag(0)
    for wrong in (0x1000, 0x0040, 0x0200):
        with pytest.raises(InvalidValueError):
            SyncFlag.of_wire(wrong, 0)


@pytest.mark.requirement("MS-OXCFXICS", 2070)
def test_a_download_can_be_broken_off(session: StoreSession) -> None:
    for number in range(5):
        session.create_message(INBOX, item(f"message {number}"))
    everything = session.changes(INBOX, 0).created
    handle = session.transfer_contents(INBOX, SyncState(), ALL)
    for _ in range(150):
        part = session.transfer_part(handle, 4096)
        if part.in_progress_count == 2:
            break
    # The third one is under way: who begins anew from here gets it again.
    state = session.sync_state(handle)
    rest = contents(session, state, ALL | SyncFlag.EID).all(Element.MESSAGE_CHANGE)
    found = [session.long_term_id(each[tags.PidTagMid]).counter for each in rest]  # type: ignore[arg-type]
    assert found == list(everything[2:])


@pytest.mark.requirement("MS-OXCFXICS", 2247)
def test_states_are_told_of_both_directions(session: StoreSession, mailbox: Mailbox) -> None:
    fai = session.create_message(DRAFTS, item("settings"), associated=True).mid
    upload = session.sync_upload(INBOX, SyncState())
    target = session.local_replica_ids(1)
    moved = session.import_move(upload, DRAFTS, fai, target, version(1))
    octets = fetched(session, session.transfer_state(upload))
    (state,) = tree(Root.STATE, octets).inner
    assert state.tags == [tags.PidTagCnsetSeen, tags.PidTagCnsetSeenFAI, tags.PidTagCnsetRead]
    seen = state[tags.PidTagCnsetSeenFAI]
    assert isinstance(seen, bytes)
    assert moved.cn in {counter for _, counter in replguid_idset_from_octets(seen)}
    download = session.transfer_contents(INBOX, SyncState(), ALL)
    fetched(session, download)
    (state,) = tree(Root.STATE, fetched(session, session.transfer_state(download))).inner
    assert len(state.tags) == 4
    hierarchy = session.sync_hierarchy(SUBTREE, SyncState())
    handle = session.transfer_state(hierarchy, is_hierarchy=True)
    (state,) = tree(Root.STATE, fetched(session, handle)).inner
    assert state.tags == [tags.PidTagIdsetGiven, tags.PidTagCnsetSeen]


# Rights, bounds, damage.


def test_who_may_not_read_gets_a_warning(
    session: StoreSession, mailbox: Mailbox, open_session: OpenSession
) -> None:
    mid = session.create_message(INBOX, item("one")).mid
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE)
    bob = open_session(BOB)
    top = tree(Root.MESSAGE_LIST, fetched(bob, bob.transfer_messages(INBOX, [mid])))
    assert top.properties == [(markers.MetaTagEcWarning, 0x80070005)]
    assert top.inner == []
    with pytest.raises(DeniedError):
        bob.transfer_contents(INBOX, SyncState(), ALL)
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.READ_ANY)
    for options, count in ((UNICODE, 1), (TransferOptions(is_move=True), 0)):
        handle = bob.transfer_messages(INBOX, [mid], options)
        assert len(tree(Root.MESSAGE_LIST, fetched(bob, handle)).inner) == count
    octets = fetched(session, session.transfer_messages(INBOX, [mid]))
    handle = bob.receive_into_folder(INBOX, Root.MESSAGE_LIST)
    with pytest.raises(DeniedError):
        bob.receive_part(handle, octets)
    with pytest.raises(InvalidValueError):
        bob.receive_part(handle, octets)
    with pytest.raises(FolderGoneError):
        bob.transfer_folder(DRAFTS, is_copy=True)
    with pytest.raises(FolderGoneError):
        bob.receive_into_folder(DRAFTS, Root.TOP_FOLDER)


@pytest.mark.requirement("MS-OXCFXICS", 2281)
def test_what_belongs_to_another_mailbox_is_not_taken_in(session: StoreSession) -> None:
    octets = bytes.fromhex(
        "03000c40 1400 4a67 0100000000000099 1f00 3700 04000000 41000000 1f00 7766 04000000 42000000"
        "0b00 1b0e 0100 03000d40".replace(" ", "")
    )
    handle = session.receive_into_folder(DRAFTS, Root.MESSAGE_LIST)
    session.receive_part(handle, octets)
    (mid,) = session.changes(DRAFTS, 0).created
    assert 0x6677001F not in session.message_tags(mid)
    assert session.properties_of_messages([mid], [SUBJECT])[mid] == ("A",)


@pytest.mark.requirement("MS-OXCFXICS", 2153)
def test_strange_streams_are_refused(session: StoreSession) -> None:
    for root in (Root.MESSAGE_CONTENT, Root.CONTENTS_SYNC, Root.STATE):
        with pytest.raises(InvalidValueError):
            session.receive_into_folder(DRAFTS, root)
    damaged: Sequence[bytes] = (b"\xff" * 32, bytes.fromhex("03000d40"), bytes.fromhex("03000940"))
    for octets in damaged:
        handle = session.receive_into_folder(DRAFTS, Root.MESSAGE_LIST)
        with pytest.raises(InvalidValueError):
            session.receive_part(handle, octets)
    handle = session.receive_into_folder(DRAFTS, Root.MESSAGE_LIST)
    session.receive_part(handle, bytes.fromhex("03000c40"))
    with pytest.raises(InvalidValueError):
        session.receive_end(handle)
    with pytest.raises(LimitError):
        session.receive_part(session.receive_into_folder(DRAFTS, Root.MESSAGE_LIST), bytes(MAX_BUFFER + 1))
    nameless = session.receive_into_folder(DRAFTS, Root.TOP_FOLDER)
    with pytest.raises(InvalidValueError):
        session.receive_part(nameless, bytes.fromhex("03000940 03000b40".replace(" ", "")))
    handle = session.transfer_messages(INBOX, [])
    with pytest.raises(InvalidValueError):
        session.transfer_part(handle, 100)
    assert session.transfer_part(handle, 1024).is_done
    assert session.changes(DRAFTS, 0).created == ()


def test_a_message_given_up_is_forgotten(session: StoreSession) -> None:
    octets = bytes.fromhex(
        "03000c40 1f00 3700 04000000 41000000 03001840 02010000 00000000"
        "03000c40 1f00 3700 04000000 42000000 03000d40".replace(" ", "")
    )
    handle = session.receive_into_folder(DRAFTS, Root.MESSAGE_LIST)
    session.receive_part(handle, octets)
    session.receive_end(handle)
    (mid,) = session.changes(DRAFTS, 0).created
    assert session.properties_of_messages([mid], [SUBJECT])[mid] == ("B",)


@pytest.mark.requirement("MS-OXCFXICS", 1338)
@pytest.mark.requirement("MS-OXCFXICS", 1339)
@pytest.mark.requirement("MS-OXCFXICS", 1342)
@pytest.mark.requirement("MS-OXCFXICS", 3462)
def test_a_damaged_message_does_not_stop_the_others(session: StoreSession, mailbox: Mailbox) -> None:
    damaged = session.create_message(INBOX, item("one")).mid
    good = session.create_message(INBOX, item("two")).mid
    execute = mailbox.file.connection.execute
    (kept,) = execute("SELECT packed FROM recipients WHERE mid = ?", (damaged,)).fetchone()
    execute("UPDATE recipients SET packed = x'ff' WHERE mid = ?", (damaged,))
    options = TransferOptions(send=SendOption.UNICODE | SendOption.RECOVER_MODE)
    handle = session.transfer_messages(INBOX, [damaged, good], options)
    top = tree(Root.MESSAGE_LIST, fetched(session, handle))
    (error,) = top.all(Element.ERROR_INFO)
    assert error.tags == [0x00000102]
    assert top.inner[-1][SUBJECT] == "two"
    changes = contents(session, options=options)
    assert len(changes.all(Element.ERROR_INFO)) == 1
    handle = session.transfer_messages(INBOX, [damaged])
    for _ in range(2):
        with pytest.raises(Exception, match=r"recipient|damaged"):
            session.transfer_part(handle, 1024)
    execute("UPDATE recipients SET packed = ? WHERE mid = ?", (kept, damaged))


def test_unknown_names_find_their_place(session: StoreSession) -> None:
    # A property named by a text that the mailbox does not know yet.
    guid = UUID(int=77).bytes_le.hex()
    octets = bytes.fromhex(
        f"03000c40 1f00 3700 04000000 41000000 0300 0180 {guid} 01 7800 0000 05000000 03000d40".replace(
            " ", ""
        )
    )
    handle = session.receive_into_folder(DRAFTS, Root.MESSAGE_LIST)
    for octet in octets:
        session.receive_part(handle, bytes((octet,)))
    (mid,) = session.changes(DRAFTS, 0).created
    keys = {key: value for key, value in session.read_message(mid, is_named=True).properties.items()}  # noqa: C416
    assert [value for key, value in keys.items() if not isinstance(key, int) and key.which == "x"] == [5]


@pytest.mark.requirement("MS-OXCFXICS", 1185)
def test_errors_are_no_properties(mailbox: Mailbox) -> None:
    values = ValueWriter(mailbox.file, UNICODE)
    pieces = list(values.bag({SUBJECT & ~0xFFFF | PropType.ERROR_CODE: 5, BODY: "text"}))
    assert b"".join(each.octets for each in pieces) == b"".join(
        each.octets for each in values.one(BODY, "text")
    )


def test_damaged_streams_are_taken_in_or_refused(mailbox: Mailbox) -> None:
    session = StoreSession.of(mailbox, SYSTEM)
    small = item("one")
    source = session.create_folder(SUBTREE, "Source")
    mid = session.create_message(source, replace(small, attachments=[])).mid
    below = session.create_folder(source, "Below")
    session.create_message(below, replace(small, attachments=[]), associated=True)
    streams = {
        Root.MESSAGE_LIST: fetched(session, session.transfer_messages(source, [mid])),
        Root.TOP_FOLDER: fetched(session, session.transfer_folder(source, is_copy=True)),
        Root.FOLDER_CONTENT: fetched(session, session.transfer_folder(source, is_copy=False)),
    }
    target = session.create_folder(SUBTREE, "Target")
    taken = refused = 0
    for root, octets in streams.items():
        for damaged in mutations(octets, 40, 7):
            handle = session.receive_into_folder(target, root)
            try:
                session.receive_part(handle, damaged)
                session.receive_end(handle)
                taken += 1
            except StoreError:
                refused += 1
            session.close_handle(handle)
    assert taken
    assert refused
