r"""Dialogues as text files, readable by any IMAP person; one runner plays them against real cores and stores.

::

    messages: 5                          how many messages INBOX has; connections begin with INBOX selected
    state: nonauth                       or auth: begin earlier
    public: news                         a public folder of the domain
    option imap_auth_times = 2           a directive of imap.cfg
    # a comment

    1 ok store 3:5 +flags (\Deleted)     connection 1 says it and gets a tagged OK (or no, bad)
    * 3 fetch (...)                      lines that have to be in the answer, in this order
    no [cannot] ...                      the tagged line, without its tag
    ! * 4 expunge                        a line that must not be in it
    1 ok! noop                           the lines that follow and no others
    1 + idle                             a continuation request comes
    1 < DONE                             octets as they are; \r and \n may be written
    1 ok < DONE                          the same, ending the command that runs
    2 read                               what connection 2 was told unasked
    1 ok append inbox {{{                a literal up to the line with }}}
    1 wait                               silence until the timeout
    1 later 5                            so many seconds pass
    1 quota 4096                         the mailbox of connection 1 may hold so many octets
    1 tls                                TLS was begun
    1 closed                             the server hung up

Case does not matter. ``...`` stands for any text, ``$name`` for a word: bound at its first use, the same
afterwards. A line break in a literal is written ``\r\n``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gromox.mapi.folderids import Public

from tests.imap.driver import Client, Server

if TYPE_CHECKING:
    from pathlib import Path

_STEP = re.compile(r"([0-9]) (ok|no|bad|\+|<|read|wait|later|quota|tls|closed)(!?)(?: (.*))?", re.DOTALL)
_TAGGED = re.compile("(?:ok|no|bad) ", re.IGNORECASE)
_NAME = re.compile(r"\$(\w+)")


@dataclass
class Step:
    number: int
    connection: int
    kind: str
    exact: bool
    text: str
    expected: list[str] = field(default_factory=list)


@dataclass
class Transcript:
    messages: int = 0
    state: str = "selected"
    options: dict[str, str] = field(default_factory=dict)
    users: dict[int, str] = field(default_factory=dict)
    public: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def read(file: Path) -> Transcript:
    script = Transcript()
    lines = enumerate(file.read_text().splitlines(), 1)
    for number, line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        key, colon, value = line.partition(": ")
        if colon and key == "messages":
            script.messages = int(value)
        elif colon and key == "public":
            script.public.append(value)
        elif colon and key == "state":
            script.state = value
        elif colon and key.startswith("user "):
            script.users[int(key.removeprefix("user "))] = value
        elif line.startswith("option "):
            name, _, value = line.removeprefix("option ").partition(" = ")
            script.options[name] = value
        elif match := _STEP.fullmatch(line):
            text = match[4] or ""
            if text.endswith("{{{"):
                body = []
                for _, inner in lines:
                    if inner.startswith("}}}"):
                        rest = inner[3:]
                        break
                    body.append(inner)
                literal = "".join(part + "\r\n" for part in body)
                text = f"{text[:-3]}{{{len(literal.encode())}+}}\r\n{literal}{rest}"
            script.steps.append(Step(number, int(match[1]), match[2], bool(match[3]), text))
        else:
            script.steps[-1].expected.append(line)
    return script


class Player:
    def __init__(self, script: Transcript, server: Server, name: str) -> None:
        self.script, self.server, self.name = script, server, name
        self.bound: dict[str, str] = {}
        self.clients: dict[int, Client] = {}
        server.configure(**script.options)
        if script.messages:
            server.fill(script.messages)
        for folder in script.public:
            server.mailbox("public").create_folder(Public.IPM_SUBTREE, folder)

    def client(self, number: int) -> Client:
        if number not in self.clients:
            user = self.script.users.get(number, "alice")
            if self.script.state == "nonauth":
                self.clients[number] = self.server.connect()
            else:
                select = "INBOX" if self.script.state == "selected" else None
                self.clients[number] = self.server.login(user, select=select)
        return self.clients[number]

    def play(self) -> None:
        # Numbers are met in order, so that who was there first was there first.
        for number in sorted({step.connection for step in self.script.steps}):
            self.client(number)
        for step in self.script.steps:
            self.step(step)

    def step(self, step: Step) -> None:
        client = self.client(step.connection)
        where = f"{self.name}:{step.number}: {step.connection} {step.kind} {step.text}"
        if step.kind == "closed":
            assert client.closed, where
            return
        if step.kind == "tls":
            assert client.secured, where
            return
        if step.kind == "later":
            self.server.house.clock.advance(float(step.text))
            return
        if step.kind == "quota":
            user = self.script.users.get(step.connection, "alice")
            limit = int(step.text)
            self.server.mailbox(user).set_quota(storage=limit, receive=None, send=None)
            return
        if step.kind == "wait":
            client.wait()
        elif step.kind == "<" or step.text.startswith("< "):
            client.send(self.raw(step.text.removeprefix("< ")))
        elif step.kind != "read":
            client.count += 1
            client.send(f"a{client.count} {self.filled(step.text)}\r\n".encode())
        lines = logical_lines(client.read())
        if step.kind in ("ok", "no", "bad"):
            assert lines, f"{where}\nno answer"
            tagged = lines.pop()
            assert tagged.lower().startswith(f"a{client.count} {step.kind} "), f"{where}\n{lines}\n{tagged}"
            lines.append(tagged)
        elif step.kind == "+":
            assert "".join(lines[-1:]).startswith("+ "), f"{where}\n{lines}"
        self.compare(step, lines, where)

    def raw(self, text: str) -> bytes:
        octets = self.filled(text).encode("latin-1")
        plain = octets.decode("unicode_escape").encode("latin-1")
        return plain if plain.endswith(b"\n") or b"\\" in octets else plain + b"\r\n"

    def filled(self, text: str) -> str:
        return _NAME.sub(lambda match: self.bound.get(match[1], match[0]), text)

    def compare(self, step: Step, lines: list[str], where: str) -> None:
        at = 0
        tag = f"a{self.client(step.connection).count} "
        wanted = [
            tag + line if _TAGGED.match(line) else line for line in step.expected if not line.startswith("! ")
        ]
        for line in wanted:
            while at < len(lines) and not self.matches(line, lines[at]):
                at += 1
            assert at < len(lines), f"{where}\nexpected: {line}\ngot: " + "\n     ".join(lines)
            at += 1
        for line in step.expected:
            if line.startswith("! "):
                found = [said for said in lines if self.matches(line[2:], said)]
                assert not found, f"{where}\nnot expected: {found}"
        if step.exact:
            untagged = [said for said in lines if not said.startswith(tag)]
            assert len(untagged) == len([line for line in wanted if not line.startswith(tag)]), (
                f"{where}\ngot: " + "\n     ".join(lines)
            )

    def matches(self, pattern: str, said: str) -> bool:
        names: list[str] = []

        def word(match: re.Match[str]) -> str:
            name = match[1]
            if name in self.bound:
                return re.escape(self.bound[name])
            if name in names:
                return f"(?P={name})"
            names.append(name)
            return f"(?P<{name}>[^ ()\\[\\]]+)"

        parts = []
        at = 0
        for match in re.finditer(r"\$(\w+)|\.\.\.", pattern):
            parts.append(re.escape(pattern[at : match.start()]))
            parts.append(".*" if match[0] == "..." else word(match))
            at = match.end()
        parts.append(re.escape(pattern[at:]))
        found = re.fullmatch("".join(parts), said, re.IGNORECASE | re.DOTALL)
        if found is None:
            return False
        self.bound.update({name: found[name] for name in names})
        return True


def logical_lines(octets: bytes) -> list[str]:
    r"""Split an answer into lines; a literal belongs to its line, its line breaks shown as ``\r\n``."""
    lines: list[str] = []
    at = 0
    start = 0
    while at < len(octets):
        end = octets.index(b"\r\n", at)
        literal = re.search(rb"\{([0-9]+)\}\Z", octets[at:end])
        if literal:
            at = end + 2 + int(literal[1])
            continue
        lines.append(octets[start:end].decode("utf-8", "replace").replace("\r", "\\r").replace("\n", "\\n"))
        start = at = end + 2
    return lines
