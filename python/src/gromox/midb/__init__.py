"""gromox-midb: keeps what is derived from messages current, and answers questions on port 5555.

Decisions not to break:

* What it keeps (full-text index, search folders) stands in the mailbox database; nothing else is authority,
  and a mailbox that it never saw works all the same, only slower.
* It works in short steps, mailbox by mailbox in turn, so that one large mailbox does not keep others waiting.
* A ring that is lost costs time only: every mailbox is looked at when the daemon starts and once an hour.

The line protocol (reference/system/protocols.md section 15) is answered but for P-DTLU, whose digests nothing
here makes. A message goes by its id in the mailbox; one that comes in by M-INST gets a new one.
"""
