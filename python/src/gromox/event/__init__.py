"""gromox-event: the doorbell between processes and nodes.

A line protocol over a Unix socket and TCP. Everybody gets ``OK`` as a greeting, then names himself:

* ``ID name`` - a publisher: says what happened (``FOLDER-TOUCH mailbox folder``, ``MESSAGE-UFLAG mailbox
  folder uid``, ``MESSAGE-EXPUNGE mailbox folder uid``) and what his name wants to hear of (``SELECT
  mailbox folder``, ``UNSELECT mailbox folder``). Each line is answered ``TRUE`` or ``FALSE``.
* ``LISTEN name`` - the listener of that name: receives those lines of other names and answers each ``TRUE``.

``PING`` and ``QUIT`` are for both; a listener is sent ``PING`` after a long silence.

Decisions not to break:

* What happened is never stored: a listener that is away looks at the mailbox itself when it comes back.
* A selection holds as long as the connection that made it. ``*`` stands for every folder, ``* *`` for
  every folder of every mailbox.
* An event is not sent back to the name it came from.
* A slow listener costs bounded memory: equal events are one, then events of messages become one touch of
  their folder, then events are dropped and counted in the log.
* Words are separated by blanks, so that a mailbox name stands percent-encoded (RFC 3986 2.1) where it has
  any.
"""
