"""Contacts and personal distribution lists: vCard 2.1, 3.0 and 4.0 to messages and back.

Decisions not to break:

* The lines of a card are kept with the message. When a card is written, a line whose properties have not
  changed since is written as it came; only what changed is made anew. So a card survives the way through a
  mailbox whatever a program put into it, and what MAPI has no property for is never lost.
* Values that MAPI has no place for (a fourth mail address, a second title) stay lines and nothing else.
* The picture is an attachment, never a line.
* Members of a list are one-off entries unless the caller knows their contacts.

From low to high: table (facts), names (display name and file-as), memberlist (entry ids of members), source
(kept lines), reader, writer.

Spec: [MS-OXVCARD], [MS-OXOCNTC], RFC 6350, RFC 2426, RFC 6474, RFC 6715.
"""

from __future__ import annotations

from gromox.convert.contact.hooks import Member, ReaderHooks, WriterHooks
from gromox.convert.contact.reader import message_from_card, messages_from_vcards
from gromox.convert.contact.source import CARD_UID
from gromox.convert.contact.strict import check_card
from gromox.convert.contact.writer import card_from_message, vcard_from_message

__all__ = [
    "CARD_UID",
    "Member",
    "ReaderHooks",
    "WriterHooks",
    "card_from_message",
    "check_card",
    "message_from_card",
    "messages_from_vcards",
    "vcard_from_message",
]
