"""The mailbox store: one SQLite file a mailbox, opened in-process by every daemon of the home node.

Decisions not to break:

* ``Mailbox`` (mailbox.py) is the only door; SQL stands in this package only.
* One change number counter a mailbox: every write transaction takes at least one, inside the transaction.
* Flags, UIDs and modseqs live in packed blocks (block.py), never in message rows; what IMAP asks often is
  stored as
  ready octets in narrow tables clustered by (folder, uid).
* COMMIT does not wait for the disk; whoever acknowledges calls ``Mailbox.sync()`` first (durability.py).
* Never open and close the database file or its ``-shm`` beside SQLite: POSIX would drop SQLite's locks of the
  whole process. The ``-wal`` carries no locks and may be opened.
"""
