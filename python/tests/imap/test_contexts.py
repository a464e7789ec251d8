"""Followed searches: what a client keeps by ADDTO and REMOVEFROM is what it would find; bounds."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest

from gromox.imap import contexts
from gromox.imap.commands.cancelupdate import MAX_TAGS
from gromox.store.flags import Flag
from gromox.store.model import NewMail

from tests.imap.driver import INBOX, mail

if TYPE_CHECKING:
    from tests.imap.driver import Client, Server

_STEP = re.compile(rb'\* ESEARCH \(TAG "[^"]*"\) UID (ADDTO|REMOVEFROM) \(([^)]*)\)')


def numbers(text: bytes) -> list[int]:
    found: list[int] = []
    for part in text.split(b","):
        first, _, last = part.partition(b":")
        found += range(int(first), int(last or first) + 1)
    return found


def followed(known: list[int], answer: bytes) -> list[int]:
    """Return what a client knows after an answer, as RFC 5267 4.3.3 and 4.3.4 say."""
    for name, payload in _STEP.findall(answer):
        words = payload.split(b" ")
        for place, text in zip(words[::2], words[1::2], strict=True):
            at, uids = int(place), numbers(text)
            if not at:
                known = sorted({*known, *uids} if name == b"ADDTO" else {*known} - {*uids})
            elif name == b"ADDTO":
                known[at - 1 : at - 1] = uids
            else:
                assert known[at - 1 : at - 1 + len(uids)] == uids
                del known[at - 1 : at - 1 + len(uids)]
    return known


def change(rng: random.Random, client: Client, total: int) -> bytes:
    """Let a session do something to some of the messages."""
    uids = ",".join(str(rng.randint(1, total)) for _ in range(rng.randint(1, 4)))
    doing = rng.choice(
        ["+flags (\\Seen)", "-flags (\\Seen)", "+flags.silent (\\Flagged)", "-flags (\\Flagged)"]
    )
    answer = client.ok(f"uid store {uids} {doing}")
    if rng.random() < 0.2:
        answer += client.ok(f"uid store {uids} +flags.silent (\\Deleted)")
        answer += client.ok(f"uid expunge {uids}")
    return answer


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "search", ["search return (update) {}", "sort return (update) (reverse size subject) utf-8 {}"]
)
def test_what_is_followed_is_what_is_found(server: Server, search: str, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - repeatable by intent
    server.fill(20)
    one, two = server.login(), server.login()
    keys = "or unseen flagged"
    known: list[int] = []
    first = one.ok("uid " + search.replace("(update)", "(update all)").format(keys))
    known = numbers(first.split(b" ALL ")[1].split(b"\r\n")[0])
    total = 20
    for _ in range(25):
        who = rng.choice([one, two])
        answer = change(rng, who, total)
        if rng.random() < 0.3:
            server.mailbox().append(
                INBOX, [NewMail(mail(rng.randint(1, 99)), rng.choice([Flag(0), Flag.SEEN]))]
            )
            total += 1
        if who is one:
            known = followed(known, answer)
        known = followed(known, one.ok("noop"))
        fresh = one.ok("uid " + search.replace("(update)", "(all)").format(keys))
        found = numbers(fresh.split(b" ALL ")[1].split(b"\r\n")[0]) if b" ALL " in fresh else []
        assert known == found


def test_there_are_not_too_many(server: Server) -> None:
    server.fill(3)
    client = server.login()
    for _ in range(contexts.MAX_CONTEXTS):
        assert b"NOUPDATE" not in client.ok("search return (update) seen")
    refused = client.ok("search return (update count) seen")
    assert b'COUNT 0\r\n* NO [NOUPDATE "a%d"] ' % client.count in refused
    client.ok(f'cancelupdate "a{client.count - 1}"')
    assert b"NOUPDATE" not in client.ok("search return (update) seen")
    client.ok("cancelupdate" + ' "x"' * MAX_TAGS)
    client.bad("cancelupdate" + ' "x"' * (MAX_TAGS + 1))


def test_what_is_sorted_is_not_too_much(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "MAX_SORTED", 3)
    server.fill(3)
    client = server.login()
    assert b"NOUPDATE" not in client.ok("sort return (update) (subject) utf-8 all")
    assert b"NOUPDATE" not in client.ok("search return (update) all")
    server.fill(1)
    answer = client.ok("noop")
    assert b'* NO [NOUPDATE "a3"]' in answer
    assert b'* ESEARCH (TAG "a4") ADDTO (0 4)' in answer
    assert b"NOUPDATE" in client.ok("sort return (update) (subject) utf-8 all")


def test_nothing_is_told_without_a_right(server: Server) -> None:
    server.fill(2)
    owner = server.login()
    owner.ok("setacl inbox bob lrs")
    guest = server.login("bob", select="Shared/alice/INBOX")
    guest.ok("search return (update) seen")
    owner.ok("setacl inbox bob l")
    owner.ok("store 1 +flags (\\seen)")
    assert guest.ok("noop").count(b"*") == 0
    # Nothing was told meanwhile, so nothing is missing when it is told again.
    owner.ok("setacl inbox bob lr")
    owner.ok("store 2 +flags (\\seen)")
    assert guest.ok("noop").endswith(b'* ESEARCH (TAG "a3") ADDTO (0 1:2)\r\na5 OK NOOP completed\r\n')
