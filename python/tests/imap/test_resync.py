"""QRESYNC: a client that was away knows again what is there, whatever happened meanwhile. RFC 7162 3.2."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest

from gromox.imap.parser import Parser
from gromox.imap.resync import parse_resync
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.model import NewMail
from gromox.store.uidset import UidSet

from tests.imap.driver import INBOX, mail

if TYPE_CHECKING:
    from tests.imap.driver import Client, Server

_FETCH = re.compile(rb"\* [0-9]+ FETCH \(UID ([0-9]+) FLAGS \(([^)]*)\) MODSEQ \(([0-9]+)\)\)")
_VANISHED = re.compile(rb"\* VANISHED (\(EARLIER\) )?([0-9:,]+)")
_HIGHEST = re.compile(rb".*\[HIGHESTMODSEQ ([0-9]+)\].*")
_FORGET = 400 * 86_400


class Cache:
    """What a disconnected client keeps, updated as RFC 7162 section 6 says."""

    def __init__(self) -> None:
        self.modseq = 1
        self.messages: dict[int, frozenset[bytes]] = {}

    def learn(self, said: bytes, *, earlier: bool = False) -> None:
        highest = given = 0
        for line in said.rstrip(b"\r\n").split(b"\r\n"):
            if match := _FETCH.fullmatch(line):
                self.messages[int(match[1])] = frozenset(match[2].split()) - {rb"\Recent"}
                highest = max(highest, int(match[3]))
            elif match := _VANISHED.fullmatch(line):
                assert bool(match[1]) is earlier, line
                for uid in members(match[2]):
                    assert earlier or uid in self.messages, line
                    self.messages.pop(uid, None)
            elif match := _HIGHEST.fullmatch(line):
                given = int(match[1])
            assert b"EXPUNGE" not in line.split(b" ")[:3], line
        self.modseq = given or max(self.modseq, highest)


def members(uid_set: bytes) -> list[int]:
    ranges = [part.partition(b":") for part in uid_set.split(b",")]
    return [uid for low, colon, high in ranges for uid in range(int(low), int(high if colon else low) + 1)]


def truth(server: Server) -> dict[int, frozenset[bytes]]:
    view = server.mailbox().view(INBOX)
    return {
        uid: frozenset(block.flags_text(index).split())
        for block in view.blocks
        for index, uid in enumerate(block.uids)
    }


def reselect(server: Server, cache: Cache, *, match: bool) -> Client:
    client = server.login(select=None)
    client.ok("enable qresync")
    validity = server.mailbox().view(INBOX).uid_validity
    proof = b""
    if match and cache.messages:
        uids = sorted(cache.messages)
        picked = sorted({0, len(uids) // 2, len(uids) - 1})
        numbers = ",".join(str(place + 1) for place in picked)
        proof = f" ({numbers} {','.join(str(uids[place]) for place in picked)})".encode()
    cache.learn(
        client.ok(b"select inbox (qresync (%d %d%b))" % (validity, cache.modseq, proof)), earlier=True
    )
    new = f"{max(cache.messages, default=0) + 1}:*"
    cache.learn(client.ok(f"uid fetch {new} (uid flags modseq)"))
    return client


def others_act(client: Client, chance: random.Random) -> None:
    for _ in range(chance.randint(0, 6)):
        first = chance.randint(1, 40)
        flag = chance.choice((r"\Seen", r"\Flagged", r"\Deleted", "$one"))
        client.command(
            chance.choice(
                (
                    b"append inbox {%d+}\r\n%b" % (len(mail(1)), mail(1)),
                    f"uid store {first}:{first + 4} {chance.choice('+-')}flags ({flag})".encode(),
                    b"uid expunge 1:*",
                    f"uid move {first}:{first + 1} Drafts".encode(),
                    f"uid copy {first} inbox".encode(),
                )
            )
        )


@pytest.mark.parametrize("seed", range(4))
def test_who_was_away_knows_again(server: Server, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable by intent
    server.fill(12)
    other = server.login()
    cache = Cache()
    for _ in range(25):
        others_act(other, chance)
        client = reselect(server, cache, match=chance.random() < 0.5)
        assert cache.messages == truth(server)
        for _ in range(chance.randint(0, 4)):
            others_act(other, chance)
            command = chance.choice(
                ("noop", r"uid store 3:9 +flags (\Deleted)", "expunge", "store 1 flags ($x)")
            )
            known = dict(cache.messages)
            cache.learn(client.command(command))
            # What came meanwhile was told without its flags, or is asked for as a client would.
            fresh = set(truth(server)) - set(known)
            if fresh:
                cache.learn(client.ok(f"uid fetch {min(fresh)}:* (uid flags modseq)"))
        client.lost()  # wherever it was: nothing may be missed for good


def test_what_is_no_longer_remembered_is_told_in_full(server: Server) -> None:
    server.fill(6)
    mailbox = server.mailbox()
    validity, known = mailbox.view(INBOX).uid_validity, mailbox.view(INBOX).highest_modseq
    mailbox.delete_messages(INBOX, UidSet.of([2]))
    server.house.clock.advance(_FORGET)
    mailbox.purge_softdeleted(before=server.house.clock.now())
    mailbox.delete_messages(INBOX, UidSet.of([5]))
    client = server.login(select=None)
    client.ok("enable qresync")

    # Message 2 left before the store's memory begins: all that is not there counts as gone.
    said = client.ok(f"select inbox (qresync ({validity} {known} 1:100))")
    assert b"* VANISHED (EARLIER) 2,5\r\n" in said
    assert b"VANISHED (EARLIER) 2\r\n" in client.ok(f"uid fetch 1:4 (flags) (changedsince {known} vanished)")
    # Match data proves what is known even then.
    said = client.ok(f"select inbox (qresync ({validity} {known} 1:100 (1:3 1,3:4)))")
    assert b"* VANISHED (EARLIER) 5\r\n" in said


def test_who_knows_a_lost_state_starts_anew(server: Server) -> None:
    mailbox = server.mailbox()
    mailbox.append(INBOX, [NewMail(mail(1)), NewMail(mail(2))])
    known = mailbox.view(INBOX)
    other = server.login()
    assert mailbox.renew_uid_validity() > 1
    new = mailbox.view(INBOX)
    assert new.uid_validity > known.uid_validity

    client = server.login(select=None)
    client.ok("enable qresync")
    said = client.ok(f"select inbox (qresync ({known.uid_validity} {known.highest_modseq}))")
    assert b"* OK [UIDVALIDITY %d]" % new.uid_validity in said
    assert b"VANISHED" not in said
    assert b"FETCH" not in said
    status = client.ok("status inbox (uidvalidity)")
    assert b"* STATUS INBOX (UIDVALIDITY %d)\r\n" % new.uid_validity in status

    # In a session that had it selected, UIDs go on to mean the same; the next SELECT tells.
    assert b"1 FETCH (UID 1)" in other.ok("uid fetch 1 (uid)")
    assert b"[UIDVALIDITY %d]" % new.uid_validity in other.ok("select inbox")


def test_match_data_costs_by_what_is_written_not_by_what_it_means(server: Server) -> None:
    server.fill(3)
    view = server.mailbox().view(INBOX)
    client = server.login(select=None)
    client.ok("enable qresync")
    everything = "1:4294967295"

    said = client.ok(
        f"select inbox (qresync ({view.uid_validity} 1 {everything} ({everything} {everything})))"
    )
    assert b"* VANISHED" not in said
    # One to one: every second number, tens of thousands of ranges in a line that is as long as it may be.
    odd = ",".join(map(str, range(1, 10_000, 2)))
    assert b"OK" in client.ok(f"select inbox (qresync ({view.uid_validity} 1 1:5 ({odd} {odd})))")


def test_a_ring_tells_who_idles_what_vanished(server: Server) -> None:
    server.fill(3)
    client = server.login(select=None)
    client.ok("enable qresync")
    client.ok("select inbox")
    client.send(b"i idle\r\n")
    client.read()
    server.mailbox().delete_messages(INBOX, UidSet.of([1, 3]))
    server.deliver_rings()

    assert client.read() == b"* VANISHED 1,3\r\n"


def test_the_mailbox_that_went_takes_its_messages_along(server: Server) -> None:
    client, other = server.login(select=None), server.login(select=None)
    other.ok("create box")
    for _ in range(2):
        other.ok(b"append box {%d+}\r\n%b" % (len(mail(1)), mail(1)))
    client.ok("enable qresync")
    client.ok("select box")
    other.ok("delete box")

    assert client.ok("noop").startswith(b"* VANISHED 1:2\r\n")


def test_a_large_answer_comes_in_steps(server: Server) -> None:
    server.fill(3000)
    mailbox = server.mailbox()
    validity, known = mailbox.view(INBOX).uid_validity, mailbox.view(INBOX).highest_modseq
    mailbox.set_flags(INBOX, UidSet.everything(), FlagChange(FlagOperation.ADD, Flag.FLAGGED))
    client = server.login(select=None)
    client.ok("enable qresync")

    said = client.ok(f"select inbox (qresync ({validity} {known}))")
    assert len(_FETCH.findall(said)) == 3000


def test_the_parameter_is_read_whole() -> None:
    resync = parse_resync(Parser(b" (67890007 90060115194045000 41:211,214:541 (3,5 4,9))"))

    assert (resync.uid_validity, resync.modseq) == (67890007, 90060115194045000)
    assert resync.known is not None
    assert resync.known.ranges == ((41, 211), (214, 541))
    assert resync.match == (((3, 3), (5, 5)), ((4, 4), (9, 9)))
