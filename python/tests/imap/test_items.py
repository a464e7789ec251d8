"""Items that were not born as mails: IMAP sees them as mails that never change. RFC 9051 2.3.1.1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gromox import mime
from gromox.mapi import named, tags
from gromox.mapi.message import Message, PropertyBag
from gromox.store.session import SYSTEM, StoreSession

from tests.imap.driver import INBOX, Server
from tests.store.item.items import attachment, note, recipient

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyKey
    from gromox.mapi.propvalue import PropValue

    from tests.imap.driver import Client

#: 5 January 2026, 10:00 UTC, as FILETIME.
TEN = 134_120_376_000_000_000
HOUR = 36_000_000_000
NEEDED = (
    b"uid rfc822.size internaldate envelope bodystructure body body.peek[] body.peek[header] body.peek[text]"
)
_LITERAL = re.compile(rb"BODY\[\] \{([0-9]+)\}\r\n")


def item(message_class: str, subject: str, more: dict[PropertyKey, PropValue]) -> Message:
    values: dict[PropertyKey, PropValue] = {
        tags.PidTagMessageClass: message_class,
        tags.PidTagSubject: subject,
        tags.PidTagBody: "First line.\r\nÜber alles: second line.\r\n",
    }
    return Message(PropertyBag(values | more))


def items() -> dict[str, Message]:
    appointment = item(
        "IPM.Appointment",
        "Sitzung über Pläne",
        {
            named.PidLidAppointmentStartWhole: TEN,
            named.PidLidAppointmentEndWhole: TEN + HOUR,
            named.PidLidLocation: "Room 7",
        },
    )
    appointment.recipients.append(recipient("Bob", "bob@example.test"))
    contact = item(
        "IPM.Contact",
        "Zoë Example",
        {
            tags.PidTagDisplayName: "Zoë Example",
            tags.PidTagGivenName: "Zoë",
            tags.PidTagSurname: "Example",
            named.PidLidEmail1EmailAddress: "zoe@example.net",
        },
    )
    task = item("IPM.Task", "Write a report", {named.PidLidTaskStatus: 1, named.PidLidPercentComplete: 0.5})
    sticky = item("IPM.StickyNote", "Remember", {named.PidLidNoteColor: 3})
    letter = note("A letter")
    letter.attachments.append(attachment("figures.bin", bytes(range(256)) * 40))
    return {"appointment": appointment, "contact": contact, "task": task, "sticky": sticky, "letter": letter}


def fetched(client: Client, uid: int) -> tuple[bytes, bytes]:
    """Return the whole line and the message."""
    said = client.ok(b"uid fetch %d (%b)" % (uid, NEEDED))
    line = said[: said.rindex(b"\r\na%d OK" % client.count)]
    literal = _LITERAL.search(line)
    assert literal is not None, line
    return line, line[literal.end() : literal.end() + int(literal[1])]


@pytest.mark.parametrize("kind", list(items()))
def test_what_is_told_of_an_item_agrees_and_stays(server: Server, kind: str) -> None:
    session = StoreSession.of(server.mailbox(), SYSTEM)
    session.create_message(INBOX, items()[kind])
    client = server.login()

    line, octets = fetched(client, 1)

    scanned = mime.scan(octets)
    assert b"RFC822.SIZE %d " % len(octets) in line
    assert b"ENVELOPE " + mime.envelope_octets(scanned) in line
    assert b"BODYSTRUCTURE " + mime.bodystructure_octets(scanned.root, extensible=True) in line
    assert b"BODY " + mime.bodystructure_octets(scanned.root, extensible=False) in line
    assert b"BODY[HEADER] {%d}\r\n%b" % (len(scanned.header), scanned.header) in line
    assert scanned.root.text(b"message-id")
    assert all(each.endswith(b"\r") for each in octets.split(b"\n")[:-1])
    # The same to everybody, at any time, whatever is done to the flags, and after a restart.
    assert fetched(client, 1) == (line, octets)
    assert fetched(server.login(), 1) == (line, octets)
    client.ok(rb"uid store 1 +flags.silent (\Flagged $label)")
    server.house.clock.advance(100_000)
    assert fetched(client, 1) == (line, octets)
    server.restart()
    assert fetched(server.login(), 1) == (line, octets)


@pytest.mark.parametrize("kind", list(items()))
def test_an_item_that_was_edited_is_another_message(server: Server, kind: str) -> None:
    session = StoreSession.of(server.mailbox(), SYSTEM)
    mid = session.create_message(INBOX, items()[kind]).mid
    client = server.login()
    _, before = fetched(client, 1)

    session.set_message_properties(mid, {tags.PidTagSubject: "Another subject"})

    assert b"* 1 EXPUNGE\r\n" in (news := client.ok("noop"))
    assert b"* 1 EXISTS\r\n" in news
    _, after = fetched(client, 2)
    assert after != before
    assert b"Another subject" in after
    assert fetched(client, 2)[1] == after
    assert b"* 1 FETCH" not in client.ok("uid fetch 1 body.peek[]")


def test_a_session_that_was_not_told_yet_still_gets_what_it_was_shown(server: Server) -> None:
    session = StoreSession.of(server.mailbox(), SYSTEM)
    mid = session.create_message(INBOX, items()["task"]).mid
    client = server.login()
    fetched(client, 1)

    session.set_message_properties(mid, {tags.PidTagSubject: "Another subject"})

    # FETCH with numbers may not say EXPUNGE: the old message is gone, and never the new one under its UID.
    answer = client.command("fetch 1 (uid body.peek[])")
    assert b"Another subject" not in answer
    assert b"EXPUNGEISSUED" in answer


def test_copies_of_an_item_are_the_same_message(server: Server) -> None:
    session = StoreSession.of(server.mailbox(), SYSTEM)
    session.create_message(INBOX, items()["appointment"])
    client = server.login()
    _, octets = fetched(client, 1)

    client.ok("uid copy 1 Drafts")
    client.ok("uid move 1 Drafts")
    client.ok("select Drafts")

    assert fetched(client, 1)[1] == octets
    assert fetched(client, 2)[1] == octets
