r"""IMAP4rev1 (RFC 3501), IMAP4rev2 (RFC 9051) and extensions: a sans-IO protocol core on the mailbox store.

Decisions not to break:

* Handlers are plain functions ``run(session, args) -> Result``; state, EXAMINE and the use of sequence
  numbers are columns of ``dispatch.Command``, checked once. What a handler says are values of ``replies``.
* A session numbers by the last ``FolderView`` it announced (``selected.Selected``). Nothing else keeps
  numbers. A command works on what was announced: a message the client does not know of cannot be touched by
  it.
* Changes are announced after a command, in ``Interpreter._finish``: one place, whoever made them. EXPUNGE
  waits while FETCH, STORE or SEARCH with sequence numbers run (RFC 3501 7.4.1), and then everything waits
  with it, so that numbers and flags always come from one view. Only of the messages that the command itself
  changed does the view learn the flags of now (``Selected.touched``): they must not seem to fall back.
* STORE tells its own result and passes the UIDs as ``Reply.quiet``, so that they are not told twice.
* FETCH of a message that another session expunged: flags still come from the view, contents are left out, and
  the tagged line is NO [EXPUNGEISSUED] (RFC 2180 4.1.3, RFC 5530). The selected mailbox deleted by another
  session: its messages are told as expunged, the session stays (RFC 2180 3.3).
* Answers that show or promise content wait for ``Mailbox.sync`` (``Session.depends``, ``unsynced``): a UID
  told to a client is never given to another message, not even after a power cut.
* DELETE of a mailbox with inferior names is NO [HASCHILDREN], as RFC 9051 6.3.5 allows; nothing becomes
  \Noselect. A name is \Noselect only when the folder is not one for mail but has such folders below.
* Subscription is a property of the folder, shared with other protocols: it goes with the folder. SUBSCRIBE of
  a name that does not exist is NO [NONEXISTENT] (RFC 3501 6.3.6 lets a server validate), UNSUBSCRIBE is OK.
* Mailboxes of others are ``store.guest.Guest``: the same methods, each of which checks rights. Commands go by
  ``Session.locate``, never by ``Session.mailbox`` and a name (decision 37). What has to look for them first
  raises ``LookUpFirstError`` before it does anything, and is called again.
* Mailbox names are matched exactly, then without regard to case, because the store keeps siblings apart that
  way. "/" in a folder's name (other protocols allow it) is shown as U+2215.
* Literals are held as the pieces that came; the bound is ``mail_max_length`` for APPEND and small elsewhere.
  Only LITERAL+ is announced: RFC 7888 section 5 forbids naming both, and a LITERAL- client works unchanged.
* Searches that are followed (RFC 5267) are brought up to date where changes are announced, and nowhere else
  (``Selected.changes``, decision 45). Filters are put into a search before anything is decided about it.
* Signed URLs (RFC 4467) are read as ``Places`` of the user in the URL, never as those of the session
  (decision 44).
* Handlers speak English; ``serialize`` translates what people read (``catalogue``).
* Parsed commands are remembered by their text (``interpreter._MEMOS``), so arguments must be immutable, and
  commands with passwords are ``secret``.
"""
