"""The grammar of RFC 3501 section 9: values, every truncation, bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.imap import commands, fetchitems, searchkeys
from gromox.imap.appendmessages import MAX_MESSAGES, MAX_PARTS, Message
from gromox.imap.commands.append import Append, parse_append
from gromox.imap.dispatch import COMMANDS
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.fetchitems import Attribute, Section, Text, parse_items
from gromox.imap.parser import Parser
from gromox.imap.searchkeys import (
    All,
    And,
    Contains,
    Dated,
    FlagIs,
    Header,
    Key,
    KeyParser,
    Moment,
    Not,
    Numbered,
    Or,
    Order,
    Sized,
)
from gromox.imap.sequence import SequenceSet
from gromox.imap.serialize import astring, string
from gromox.store.flags import Flag

commands.load()


def items(text: bytes) -> tuple[fetchitems.Item, ...]:
    p = Parser(text)
    found = parse_items(p)
    p.end()
    return found


def keys(text: bytes, charset: str = "utf-8") -> Key:
    p = Parser(text)
    found = KeyParser(p, charset).keys()
    p.end()
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"atom]", b"atom]"),
        (b'"a \\"quoted\\" \\\\ one"', b'a "quoted" \\ one'),
        (b'""', b""),
        (b"{3}\r\n", b"abc"),
        (b"{3+}\r\n", b"abc"),
        (b'"\xc3\xa4"', b"\xc3\xa4"),
    ],
)
def test_astrings(text: bytes, value: bytes) -> None:
    p = Parser(text, (b"abc",))

    assert p.astring() == value
    p.end()


@pytest.mark.parametrize(
    "text", [b"", b"(", b'"', b'"a', b'"a\\x"', b'"a\\"', b"{3", b"{3}", b"\xe4", b'"a\r\nb"', b"{3}\r\n"]
)
def test_what_is_no_astring_is_refused(text: bytes) -> None:
    with pytest.raises(BadCommandError):
        Parser(text).astring()


@given(st.binary(max_size=60))
def test_strings_are_read_back(octets: bytes) -> None:
    for written in (string(octets), astring(octets)):
        literals: tuple[bytes, ...] = ()
        text = written
        if written.startswith(b"{"):
            head = written.index(b"\n") + 1
            text, literals = written[:head], (written[head:],)
        if b"\0" in octets:
            continue
        assert Parser(text, literals).astring() == octets


@pytest.mark.parametrize("name", [b"inbox", b"INBOX", b"Inbox", b'"inBox"'])
def test_inbox_in_any_case(name: bytes) -> None:
    assert Parser(name).mailbox() == "INBOX"


def test_mailbox_names_are_decoded() -> None:
    assert Parser(b"inbox/&AOQ-").mailbox() == "INBOX/\u00e4"
    assert Parser(b"inboxes").mailbox() == "inboxes"
    assert Parser('"\u00e4"'.encode()).mailbox() == "\u00e4"


@pytest.mark.parametrize("name", [b"&", b'"\xff"', b"a" * 2000, b"&AAk-"])
def test_bad_mailbox_names_get_no(name: bytes) -> None:
    with pytest.raises(CommandError) as refused:
        Parser(name).mailbox()

    assert refused.value.code == "CANNOT"


def test_date_time() -> None:
    # The example of RFC 3501 7.4.2 for INTERNALDATE.
    assert Parser(b'"17-Jul-1996 02:44:25 -0700"').date_time() == (837596665.0, -420)
    assert Parser(b'" 1-Jan-1970 01:00:00 +0100"').date_time() == (0.0, 60)


@pytest.mark.parametrize(
    "text",
    [
        b'"1-Jan-1970 00:00:00 +0000"',
        b'"31-Feb-2020 00:00:00 +0000"',
        b'"01-Jan-0000 00:00:00 +0000"',
        b'"01-Xxx-2020 00:00:00 +0000"',
        b'"01-Jan-2020 24:00:00 +0000"',
        b'"01-Jan-2020 00:60:00 +0000"',
        b'"01-Jan-2020 00:00:00 +1500"',
        b'"01-Jan-2020 00:00:00"',
    ],
)
def test_bad_dates_are_refused(text: bytes) -> None:
    with pytest.raises(BadCommandError):
        Parser(text).date_time()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"FULL", (*fetchitems.MACROS[b"ALL"], Attribute.BODY)),
        (b"uid", (Attribute.UID,)),
        (b"(FLAGS flags UID)", (Attribute.FLAGS, Attribute.UID)),
        (b"BODY", (Attribute.BODY,)),
        (b"BODY[]", (Section(b"BODY[]"),)),
        (b"body.peek[]<5.10>", (Section(b"BODY[]<5>", partial=(5, 10), peek=True),)),
        (b"BODY[TEXT]", (Section(b"BODY[TEXT]", text=Text.TEXT),)),
        (b"BODY[4.2.MIME]", (Section(b"BODY[4.2.MIME]", (4, 2), Text.MIME),)),
        (b"BODY[4.1]", (Section(b"BODY[4.1]", (4, 1)),)),
        (
            b'BODY.PEEK[1.HEADER.FIELDS.NOT (To "X y")]',
            (
                Section(
                    b'BODY[1.HEADER.FIELDS.NOT (To "X y")]', (1,), Text.FIELDS_NOT, (b"To", b"X y"), peek=True
                ),
            ),
        ),
        (b"rfc822.header", (Section(b"RFC822.HEADER", text=Text.HEADER, peek=True),)),
    ],
)
def test_fetch_items(text: bytes, expected: tuple[fetchitems.Item, ...]) -> None:
    assert items(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"()",
        b"(ALL)",
        b"BODY.PEEK",
        b"BODY[MIME]",
        b"BODY[0]",
        b"BODY[1.]",
        b"BODY[1.BOGUS]",
        b"BODY[HEADER.FIELDS]",
        b"BODY[]<1>",
        b"BODY[]<1.0>",
        b"BODY[" + b"1." * 200 + b"1]",
        b"BODY[HEADER.FIELDS (" + b"x " * 300 + b"x)]",
        b"(" + b"UID " * 300 + b"UID)",
    ],
)
def test_bad_fetch_items_are_refused(text: bytes) -> None:
    with pytest.raises(BadCommandError):
        items(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"ALL", All()),
        (b"SEEN UNSEEN", And((FlagIs(rb"\Seen"), FlagIs(rb"\Seen", wanted=False)))),
        (b"NOT (ANSWERED)", Not(FlagIs(rb"\Answered"))),
        (
            b"OR ALL (1 2)",
            Or(
                All(), And((Numbered(SequenceSet(((1, 1),)), False), Numbered(SequenceSet(((2, 2),)), False)))
            ),
        ),
        (b"UID 3:*", Numbered(SequenceSet(((3, 0),)), True)),
        (b"SINCE 1-Feb-1994", Dated(Moment.INTERNAL, Order.FROM, 760060800)),
        (b'SENTON "01-Feb-1994"', Dated(Moment.SENT, Order.EQUAL, 760060800)),
        (b"LARGER 5", Sized(Order.ABOVE, 5)),
        (b'HEADER X-Y ""', Header("x-y", "")),
        (b'SUBJECT "\xc3\xa4"', Header("subject", "\u00e4")),
        (b"TEXT a", Contains("a", True)),
        (b"UNKEYWORD $Junk", FlagIs(b"$Junk", wanted=False)),
    ],
)
def test_search_keys(text: bytes, expected: Key) -> None:
    assert keys(text) == expected


def test_search_nesting_is_bounded() -> None:
    depth = searchkeys.MAX_DEPTH
    assert keys(b"(" * depth + b"ALL" + b")" * depth) == All()
    for text in (b"(" * 5000 + b"ALL" + b")" * 5000, b"NOT " * 5000 + b"ALL", b"OR ALL " * 5000 + b"ALL ALL"):
        with pytest.raises(CommandError) as refused:
            keys(text)
        assert refused.value.code == "LIMIT"


def test_search_length_is_bounded() -> None:
    with pytest.raises(CommandError):
        keys(b"ALL " * (searchkeys.MAX_KEYS + 1) + b"ALL")


def test_append_arguments() -> None:
    p = Parser(rb' Drafts (\Seen $Work) "17-Jul-1996 02:44:25 -0700" {3+}' + b"\r\n", (b"abc",))

    message = Message((b"abc",), Flag.SEEN, frozenset({"$Work"}), 837596665.0, -420)
    assert parse_append(p) == Append("Drafts", (message,))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (b" inbox" + b" {1+}\r\n" * (MAX_MESSAGES + 1), "messages"),
        (b" inbox CATENATE (" + b" ".join([b"URL a"] * (MAX_PARTS + 1)) + b")", "members"),
    ],
)
def test_messages_and_parts_are_counted(text: bytes, limit: str) -> None:
    with pytest.raises(BadCommandError, match=limit):
        parse_append(Parser(text, (b"x",) * (MAX_MESSAGES + 1)))


COMPLETE = [
    b"CAPABILITY",
    b"LOGIN user pass",
    b"AUTHENTICATE PLAIN =",
    b"SELECT INBOX (CONDSTORE)",
    b'CREATE "a b"',
    b"RENAME a b",
    b'LIST (SUBSCRIBED) "" (% a) RETURN (STATUS (MESSAGES))',
    b"STATUS INBOX (MESSAGES UIDNEXT)",
    b"FETCH 1:*,7 (FLAGS BODY.PEEK[1.2.HEADER.FIELDS (A B)]<0.10>) (CHANGEDSINCE 5)",
    rb"UID STORE 1,3:* (UNCHANGEDSINCE 12) +FLAGS.SILENT (\Seen $x)",
    b'SEARCH RETURN (MIN MAX) CHARSET UTF-8 OR (NOT SEEN) 1:5 SUBJECT "a b" SINCE 1-Feb-1994',
    b"UID COPY 1:3 Archive",
    b'ID ("name" "value" "x" NIL)',
    b"ENABLE CONDSTORE",
    b"UID EXPUNGE 1:2",
]


def parse(text: bytes) -> object:
    verb = text.split(b" ")[0]
    if verb == b"UID":
        verb = b" ".join(text.split(b" ")[:2])
    row = COMMANDS.get(verb)
    if row is None:
        raise BadCommandError("unknown")
    return row.parse(Parser(text, (), len(verb)))


@pytest.mark.parametrize("text", COMPLETE)
def test_every_truncation_is_read_or_refused(text: bytes) -> None:
    parse(text)
    for end in range(len(text)):
        try:
            parse(text[:end])
        except CommandError:
            continue


@pytest.mark.parametrize("text", COMPLETE)
def test_arguments_can_be_remembered(text: bytes) -> None:
    args = parse(text)
    if b"LOGIN" not in text:  # a Secret has no hash, by intent
        hash(args)


@given(st.binary(max_size=80))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    for row in COMMANDS.values():
        try:
            row.parse(Parser(b" " + octets, (b"literal",)))
        except CommandError:
            continue
