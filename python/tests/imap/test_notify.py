"""NOTIFY within its bounds, and together with what else a session does. RFC 5465."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gromox.imap import notification, notifyspec
from gromox.store.flags import NO_FLAGS
from gromox.store.model import NewMail
from gromox.store.uidset import UidSet

from tests.imap.driver import INBOX, mail

if TYPE_CHECKING:
    from tests.imap.driver import Client, Server

_ALL = "(MessageNew MessageExpunge FlagChange)"
_OVERFLOW = b"* OK [NOTIFICATIONOVERFLOW]"


def heard(server: Server, client: Client) -> bytes:
    server.deliver_rings()
    return client.read()


def test_too_much_to_watch_is_refused(server: Server) -> None:
    client = server.login()
    names = " ".join(f"box{number}" for number in range(notifyspec.MAX_NAMES + 1))

    assert b"[NOTIFICATIONOVERFLOW]" in client.no(f"notify set (mailboxes ({names}) {_ALL})")
    groups = "(personal none) " * (notifyspec.MAX_GROUPS + 1)
    assert b"[NOTIFICATIONOVERFLOW]" in client.no(f"notify set {groups.strip()}")
    events = "MailboxName " * (notifyspec.MAX_EVENTS + 1)
    client.ok(f"notify set (personal ({events.strip()}))")  # the same event again and again is one
    atoms = " ".join(f"x{number}" for number in range(notifyspec.MAX_EVENTS + 2))
    client.bad(f"notify set (personal ({atoms}))")


def test_a_flood_of_mailboxes_ends_the_telling(server: Server) -> None:
    client = server.login(select=None)
    client.ok("notify set (personal (MailboxName))")
    top = server.mailbox().folder(INBOX).parent_id
    for number in range(notification.MAX_LINES + 1):
        server.mailbox().create_folder(top, f"box{number}")

    assert heard(server, client).startswith(_OVERFLOW)
    server.mailbox().create_folder(top, "one more")
    assert heard(server, client) == b""
    # STATUS of as many is refused before anything is noted.
    assert b"[NOTIFICATIONOVERFLOW]" in client.no(f"notify set status (personal {_ALL})")
    client.ok(f"notify set (personal {_ALL})")


def test_a_flood_of_new_messages_is_told_by_its_number_alone(server: Server) -> None:
    client = server.login()
    client.ok("notify set (selected (MessageNew (uid) MessageExpunge))")
    server.fill(notification.MAX_NEW + 1)

    said = heard(server, client)
    assert said.startswith(b"* %d EXISTS\r\n" % (notification.MAX_NEW + 1))
    assert _OVERFLOW in said
    assert b"FETCH" not in said
    server.fill(1)
    assert heard(server, client) == b""


@pytest.mark.parametrize("size", [100_000, notification.MAX_OCTETS + 1])
def test_contents_are_told_up_to_a_bound(server: Server, size: int) -> None:
    client = server.login()
    client.ok("notify set (selected (MessageNew (uid body.peek[]) MessageExpunge))")
    octets = mail(1, "x" * size)
    server.mailbox().append(INBOX, [NewMail(octets, NO_FLAGS)])

    said = heard(server, client)
    assert (octets in said) is (size <= notification.MAX_OCTETS)
    assert (_OVERFLOW in said) is (size > notification.MAX_OCTETS)


def test_qresync_and_uidonly_shape_what_is_told(server: Server) -> None:
    server.fill(3)
    client = server.login(select=None)
    client.ok("enable qresync uidonly")
    client.ok("select inbox")
    client.ok("notify set (selected (MessageNew (flags) MessageExpunge FlagChange))")
    server.mailbox().delete_messages(INBOX, UidSet.of([2]))
    server.fill(1)

    said = heard(server, client)
    assert said.startswith(b"* VANISHED 2\r\n")
    assert b"* 4 UIDFETCH (FLAGS (\\Recent))\r\n" in said


def test_nothing_is_told_after_the_user_is_forgotten(server: Server) -> None:
    client = server.login(select=None)
    client.ok(f"notify set (personal {_ALL})")
    client.ok("unauthenticate")
    server.fill(1)

    assert heard(server, client) == b""
    assert not client.watched


def test_a_mailbox_made_anew_under_its_name_tells_its_uidvalidity(server: Server) -> None:
    client, other = server.login(select=None), server.login(select=None)
    other.ok("create box")
    client.ok(f"notify set (mailboxes box {_ALL})")
    mailbox = server.mailbox()
    top = mailbox.folder(INBOX).parent_id
    old = mailbox.child(top, "box")
    assert old is not None
    mailbox.delete_folder(old.folder_id)
    new = mailbox.create_folder(top, "box")
    mailbox.append(new.folder_id, [NewMail(mail(1))])

    said = heard(server, client)
    assert said == b'* STATUS "box" (MESSAGES 1 UIDNEXT 2 UNSEEN 1 UIDVALIDITY %d)\r\n' % new.uid_validity


def test_what_the_selected_mailbox_did_not_tell_is_told_of_it_later(server: Server) -> None:
    server.fill(2)
    client = server.login()
    client.ok(f"notify set (personal {_ALL})")  # and nothing of the selected one
    server.fill(1)
    assert heard(server, client) == b""
    client.ok("unselect")
    server.mailbox().mark_recent_seen(INBOX)
    server.fill(1)

    assert b"* STATUS INBOX (MESSAGES 4 UIDNEXT 5" in heard(server, client)


def test_what_select_saw_holds_for_that_command_alone(server: Server) -> None:
    server.fill(3)
    client, other = server.login(select=None), server.login()
    client.ok("NOTIFY SET (PERSONAL (MessageNew MessageExpunge))")
    client.ok("SELECT INBOX")
    other.ok(r"STORE 1 +FLAGS (\Answered)")
    client.ok(r"STORE 2 +FLAGS (\Flagged)")
    assert b"* 1 FETCH (FLAGS (\\Answered" in client.ok("FETCH 1 (FLAGS)")
    assert b"* 2 FETCH (FLAGS (\\Flagged" in client.ok("FETCH 2 (FLAGS)")
