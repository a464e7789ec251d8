"""Random streams of IMAP commands, the same for every server: made from a seed alone, not from answers.

The stream is kept sensible by a rough idea of what is there (:class:`Idea`): most commands mean mailboxes and
messages that exist, some mean none, some are not IMAP at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.support.imapwire import literal

LETTERS: Final = (b"a", b"b", b"c d", b"E", b"&AOk-t&AOk-")
FLAGS: Final = (
    rb"\Seen",
    rb"\Answered",
    rb"\Flagged",
    rb"\Deleted",
    rb"\Draft",
    b"$Forwarded",
    b"work",
    b"$Label1",
)
DATES: Final = (
    b'"17-Jul-1996 02:44:25 -0700"',
    b'" 1-Jan-2001 00:00:00 +0000"',
    b'"31-Dec-1999 23:59:59 +1200"',
    b'"29-Feb-2004 12:30:00 +0530"',
)
DAYS: Final = (b"17-Jul-1996", b'"1-Jan-2001"', b"31-Dec-1999", b"1-Mar-2004", b"29-Nov-2030")
WORDS: Final = (
    b"hello",
    b"example",
    b"Re",
    b"TEST",
    b"multipart",
    b"nothing-of-that",
    b"a",
    b"@",
    b'"two words"',
)
FIELDS: Final = (b"Subject", b"FROM", b"to", b"Content-Type", b"X-None", b"Received", b"Message-ID", b"Date")
SECTIONS: Final = (
    b"", b"HEADER", b"TEXT", b"1", b"2", b"1.1", b"1.2", b"2.1", b"3", b"1.MIME", b"2.MIME", b"2.HEADER",
    b"2.TEXT", b"2.1.MIME", b"1.HEADER",
    b"9", b"HEADER.FIELDS (Subject From)", b"HEADER.FIELDS.NOT (Received)",
    b"HEADER.FIELDS (X-None)", b"2.HEADER.FIELDS (subject)", b"2.2", b"2.2.1", b"3.1", b"1.TEXT",
)  # fmt: skip
ATTRIBUTES: Final = (
    b"FLAGS", b"UID", b"INTERNALDATE", b"RFC822.SIZE",
    b"ENVELOPE", b"BODY", b"BODYSTRUCTURE", b"RFC822.HEADER",
    b"RFC822.TEXT", b"RFC822",
)  # fmt: skip
#: SELECT is not among them: some servers close the mailbox before they look at the rest.
BROKEN: Final = (
    b"FETCH 1", b"FETCH", b"FETCH 0 FLAGS",
    b"FETCH 1 NONSENSE", b"FETCH 1 (FLAGS", b"FETCH 1 BODY[", b"FETCH a FLAGS",
    b"FETCH 1 BODY[1.]", b"FETCH 1 BODY[HEADER.FIELDS]", b"FETCH 1 BODY.PEEK[]<0>", b"STORE 1",
    b"STORE 1 *FLAGS (a)", b"SEARCH", b"SEARCH NONSENSE", b"SEARCH SINCE yesterday", b"SEARCH OR SEEN",
    b"SEARCH (SEEN", b"SEARCH NOT", b"UID", b"UID NOOP",
    b"UID FETCH", b"COPY 1", b"MOVE 1", b"COPY",
    b"CREATE", b"DELETE", b"RENAME a", b"LIST",
    b'LIST ""', b"STATUS a", b"STATUS a ()", b"STATUS INBOX (NONSENSE)",
    b"APPEND", b"NONSENSE", b"UID EXPUNGE", b"NOOP 1", b"LOGIN a b",
    b"AUTHENTICATE PLAIN", b"STORE 1 +FLAGS (\\Nonsense)",
    b"FETCH 99999 FLAGS", b"STORE 99999 +FLAGS (\\Seen)",
    b"COPY 99999 INBOX", b"SEARCH 99999",
    b"FETCH 1:* (FLAGS) x", b"SEARCH CHARSET NONE SUBJECT a",
)  # fmt: skip


@dataclass
class Idea:
    """What probably is there."""

    mailboxes: dict[bytes, int] = field(default_factory=dict)
    selected: bytes | None = None
    read_only: bool = False

    @property
    def count(self) -> int:
        return self.mailboxes.get(self.selected or b"", 0)


class Stream:
    """The commands of one seed."""

    def __init__(self, seed: int, letters: Sequence[bytes]) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same stream in every run
        self._letters = letters
        self._root = b"D%d" % seed
        self.idea = Idea()

    def commands(self, count: int) -> Iterator[bytes]:
        """Yield commands with non-synchronising literals; none of them needs a continuation."""
        yield b"SUBSCRIBE INBOX"
        yield b"CREATE " + self._root
        self.idea.mailboxes[self._root] = 0
        for _ in range(4):
            yield self._append(self._root)
        yield self._select()
        for _ in range(count):
            yield self._one()

    def _one(self) -> bytes:
        selected = self.idea.selected is not None
        makers: dict[Callable[[], bytes], int] = _anywhere(self) | (_in_mailbox(self) if selected else {})
        return self._random.choices(list(makers), list(makers.values()))[0]()

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    # -- mailboxes

    def _there(self) -> bytes:
        return self._random.choice(sorted(self.idea.mailboxes)) if self.idea.mailboxes else self._root

    def _new(self) -> bytes:
        return self._there() + b"/" + self._random.choice(LETTERS)

    def _name(self, name: bytes) -> bytes:
        """Write a name as one of the forms of an astring (RFC 9051 section 9)."""
        if self._chance(0.05):
            return literal(name)
        return b'"%b"' % name if b" " in name or self._chance(0.3) else name

    def create(self) -> bytes:
        if self._chance(0.15):
            return b"CREATE " + self._name(self._there())
        name = self._new()
        if name.count(b"/") > 4:
            return b"NOOP"
        self.idea.mailboxes.setdefault(name, 0)
        return b"CREATE " + self._name(name)

    def _leaf(self) -> bytes | None:
        names = sorted(self.idea.mailboxes)
        leaves = [name for name in names if not any(other.startswith(name + b"/") for other in names)]
        free = [name for name in leaves if name not in (self.idea.selected, self._root)]
        return self._random.choice(free) if free else None

    def delete(self) -> bytes:
        name = self._leaf()
        if name is None or self._chance(0.1):
            return b"DELETE " + self._name(self._root + b"/none")
        del self.idea.mailboxes[name]
        return b"DELETE " + self._name(name)

    def rename(self) -> bytes:
        name = self._leaf()
        if name is None or self._chance(0.2):
            return b"RENAME %b %b" % (self._name(self._root + b"/none"), self._name(self._root + b"/x"))
        target = self._new()
        if target.startswith(name + b"/") or target.count(b"/") > 4:
            return b"NOOP"
        if target not in self.idea.mailboxes:
            self.idea.mailboxes[target] = self.idea.mailboxes.pop(name)
        return b"RENAME %b %b" % (self._name(name), self._name(target))

    def subscribe(self) -> bytes:
        word = self._random.choice([b"SUBSCRIBE ", b"UNSUBSCRIBE "])
        return word + self._name(self._there())

    def list_mailboxes(self) -> bytes:
        word = self._random.choice([b"LIST", b"LIST", b"LSUB"])
        root = self._root
        reference, pattern = self._random.choice([
            (b'""', root + b"*"), (b'""', root + b"/%"),
            (b'""', root), (root + b"/", b"%"), (root + b"/", b"%/%"),
            (b'""', root + b"/%/*"), (b'""', b'""'),
            (b'""', b"inbox"), (root, b"/a*"), (b'""', root + b"/none"),
        ])  # fmt: skip
        return b"%b %b %b" % (word, reference, pattern)

    def status(self) -> bytes:
        name = self._there() if self._chance(0.9) else self._root + b"/none"
        items = self._random.sample(
            [b"MESSAGES", b"UIDNEXT", b"UIDVALIDITY", b"UNSEEN"], self._random.randint(1, 4)
        )
        return b"STATUS %b (%b)" % (self._name(name), b" ".join(items))

    def _select(self) -> bytes:
        if self._chance(0.05):
            self.idea.selected = None
            return b"SELECT " + self._name(self._root + b"/none")
        self.idea.selected = self._there()
        self.idea.read_only = self._chance(0.15)
        return (b"EXAMINE " if self.idea.read_only else b"SELECT ") + self._name(self.idea.selected)

    def leave(self) -> bytes:
        # What CLOSE removes is not known here; the idea is rough.
        self.idea.selected = None
        return self._random.choice([b"CLOSE", b"UNSELECT"])

    def append(self) -> bytes:
        return self._append(self._there() if self._chance(0.95) else self._root + b"/none")

    def _append(self, name: bytes) -> bytes:
        parts = [b"APPEND", self._name(name)]
        if self._chance(0.7):
            parts.append(self._flags())
        parts += [self._random.choice(DATES), literal(self._random.choice(list(self._letters)))]
        if name in self.idea.mailboxes:
            self.idea.mailboxes[name] += 1
        return b" ".join(parts)

    def broken(self) -> bytes:
        return self._random.choice(BROKEN)

    def noop(self) -> bytes:
        return self._random.choice([b"NOOP", b"CHECK" if self.idea.selected else b"NOOP"])

    # -- messages

    def _flags(self) -> bytes:
        return b"(%b)" % b" ".join(self._random.sample(FLAGS, self._random.choice([0, 1, 1, 2, 3])))

    def _set(self) -> bytes:
        """Return numbers that mostly exist."""
        count = max(self.idea.count, 1)
        one = self._random.randint(1, count)
        other = self._random.randint(1, count)
        forms = [
            b"%d" % one,
            b"%d:%d" % (one, other),
            b"1:*",
            b"*",
            b"%d,%d" % (one, other),
            b"%d:*" % one,
            b"1",
        ]
        return self._random.choice(forms)

    def _numbered(self, text: bytes) -> bytes:
        return b"UID " + text if self._chance(0.4) else text

    def fetch(self) -> bytes:
        if self._chance(0.1):
            return self._numbered(
                b"FETCH %b %b" % (self._set(), self._random.choice([b"ALL", b"FAST", b"FULL"]))
            )
        items = self._random.sample(ATTRIBUTES, self._random.randint(0, 3))
        items += [self._section() for _ in range(self._random.randint(0 if items else 1, 2))]
        return self._numbered(b"FETCH %b (%b)" % (self._set(), b" ".join(dict.fromkeys(items))))

    def _section(self) -> bytes:
        text = b"BODY%b[%b]" % (self._random.choice([b"", b".PEEK", b".PEEK"]), self._random.choice(SECTIONS))
        if self._chance(0.3):
            text += b"<%d.%d>" % (
                self._random.choice([0, 0, 1, 10, 100, 5000]),
                self._random.choice([1, 20, 300, 9000]),
            )
        return text

    def store(self) -> bytes:
        sign = self._random.choice([b"+", b"+", b"-", b""])
        silent = self._random.choice([b"", b".SILENT"])
        return self._numbered(b"STORE %b %bFLAGS%b %b" % (self._set(), sign, silent, self._flags()))

    def copy(self) -> bytes:
        name = self._there() if self._chance(0.9) else self._root + b"/none"
        # A MOVE out of a mailbox opened with EXAMINE is done by some servers, and all is different then.
        word = self._random.choice([b"COPY", b"COPY", b"COPY" if self.idea.read_only else b"MOVE"])
        if name in self.idea.mailboxes:
            self.idea.mailboxes[name] += 1
        return self._numbered(b"%b %b %b" % (word, self._set(), self._name(name)))

    def expunge(self) -> bytes:
        return b"EXPUNGE" if self._chance(0.7) else b"UID EXPUNGE " + self._set()

    def search(self) -> bytes:
        charset = self._random.choice([b"", b"", b"", b"CHARSET UTF-8 ", b"CHARSET US-ASCII "])
        keys = b" ".join(self._key(2) for _ in range(self._random.choice([1, 1, 2, 3])))
        return self._numbered(b"SEARCH %b%b" % (charset, keys))

    def _key(self, depth: int) -> bytes:
        choose = self._random.choice
        word, day = choose(WORDS), choose(DAYS)
        simple = [
            b"ALL", b"ANSWERED", b"DELETED", b"DRAFT",
            b"FLAGGED", b"SEEN", b"UNANSWERED", b"UNDELETED", b"UNDRAFT",
            b"UNFLAGGED", b"UNSEEN", b"KEYWORD work", b"UNKEYWORD $Label1", b"BEFORE " + day, b"ON " + day,
            b"SINCE " + day, b"SENTBEFORE " + day, b"SENTON " + day,
            b"SENTSINCE " + day, b"LARGER 400", b"SMALLER 700",
            b"SUBJECT " + word, b"FROM " + word, b"TO " + word,
            b"CC " + word, b"BCC " + word, b"BODY " + word,
            b"TEXT " + word, b"HEADER %b %b" % (choose(FIELDS), word), b'HEADER %b ""' % choose(FIELDS),
            self._set(), b"UID " + self._set(),
        ]  # fmt: skip
        if depth and self._chance(0.25):
            return choose(
                [
                    b"NOT " + self._key(depth - 1),
                    b"OR %b %b" % (self._key(depth - 1), self._key(depth - 1)),
                    b"(%b %b)" % (self._key(depth - 1), self._key(depth - 1)),
                ]
            )
        return choose(simple)


def _anywhere(stream: Stream) -> dict[Callable[[], bytes], int]:
    return {
        stream.create: 4, stream.delete: 2, stream.rename: 2,
        stream.subscribe: 2, stream.list_mailboxes: 5, stream.status: 5,
        stream._select: 5, stream.append: 8, stream.broken: 5, stream.noop: 2,
    }  # fmt: skip


def _in_mailbox(stream: Stream) -> dict[Callable[[], bytes], int]:
    return {
        stream.fetch: 30, stream.store: 12, stream.copy: 6,
        stream.expunge: 3, stream.search: 22, stream.leave: 2,
    }  # fmt: skip
