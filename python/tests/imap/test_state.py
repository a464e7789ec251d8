"""Sessions at work on one mailbox at random: what each client believes by the lines it read stays true."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest

from tests.imap.driver import INBOX, mail

if TYPE_CHECKING:
    from tests.imap.driver import Client, Server

_EXISTS = re.compile(rb"\* ([0-9]+) EXISTS")
_EXPUNGE = re.compile(rb"\* ([0-9]+) EXPUNGE")
_FETCH = re.compile(rb"\* ([0-9]+) FETCH \((?:UID ([0-9]+) )?FLAGS \(([^)]*)\)\)")
FLAGS = (r"\Seen", r"\Flagged", r"\Deleted", "$one", "two")


class Believer:
    """A client that keeps what RFC 3501 section 7 tells it to: UIDs by number, flags by number."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.uids: list[int | None] = []
        self.flags: list[frozenset[bytes] | None] = []

    def command(self, text: str | bytes) -> None:
        said = self.client.command(text)
        lines = said.rstrip(b"\r\n").split(b"\r\n")
        numbered = not isinstance(text, bytes) and text.split(" ")[0] in ("fetch", "store", "search")
        for line in lines[:-1]:
            assert not (numbered and _EXPUNGE.fullmatch(line)), (text, said)
            self.believe(line)
        assert b"BAD" not in lines[-1], (text, said)

    def believe(self, line: bytes) -> None:
        if match := _EXISTS.fullmatch(line):
            more = int(match[1]) - len(self.uids)
            assert more >= 0
            self.uids += [None] * more
            self.flags += [None] * more
        elif match := _EXPUNGE.fullmatch(line):
            del self.uids[int(match[1]) - 1]
            del self.flags[int(match[1]) - 1]
        elif match := _FETCH.fullmatch(line):
            place = int(match[1]) - 1
            if match[2]:
                assert self.uids[place] in (None, int(match[2]))
                self.uids[place] = int(match[2])
            self.flags[place] = frozenset(match[3].split()) - {rb"\Recent"}

    def some(self, chance: random.Random) -> str:
        first, second = sorted((chance.randint(1, len(self.uids)), chance.randint(1, len(self.uids))))
        return chance.choice((str(first), f"{first}:{second}", f"{first},{second}", f"{second}:*"))


def act(believer: Believer, chance: random.Random) -> None:
    choices = ["noop", "append", "check", "uid search all", "uid expunge 1:*"]
    if believer.uids:
        numbers, flag = believer.some(chance), chance.choice(FLAGS)
        sign, silent = chance.choice("+- ").strip(), chance.choice(("", ".silent"))
        choices += [
            f"store {numbers} {sign}flags{silent} ({flag})",
            f"uid store {chance.randint(1, 60)}:* {sign}flags{silent} ({flag})",
            f"fetch {numbers} (uid flags)",
            f"uid fetch {chance.randint(1, 60)}:* (flags)",
            f"search {numbers}",
            f"copy {numbers} inbox",
            f"move {numbers} Drafts",
            "expunge",
        ]
    command = chance.choice(choices)
    if command == "append":
        octets = mail(1)
        believer.command(b"append inbox (\\Flagged) {%d+}\r\n%b" % (len(octets), octets))
    else:
        believer.command(command)


@pytest.mark.parametrize("seed", range(6))
def test_nobody_is_deceived(server: Server, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable by intent
    server.fill(8)
    believers = [Believer(server.login(select=None)) for _ in range(3)]
    for believer in believers:
        believer.command("select inbox")
        believer.command("fetch 1:* (uid flags)")
    for _ in range(300):
        act(chance.choice(believers), chance)

    view = None
    for believer in believers:
        believer.command("noop")
        believed = list(believer.flags)
        if believer.uids:
            believer.command("fetch 1:* (uid flags)")
        view = server.mailbox().view(INBOX)
        assert believer.uids == list(view.uids())
        # What it knew of flags before it asked again was true.
        assert all(old in (None, new) for old, new in zip(believed, believer.flags, strict=True))
