"""From the spool to the mailboxes: queue, routing, delivery, retries and delivery reports.

Decisions not to break:

* **A spool file is a mail, whole or not at all.** It is written under a hidden name and gets its visible
  one after it and its directory entry are durable; what a crash leaves hidden is complete (then it may have
  been acknowledged, and :meth:`gromox.delivery.queue.Queue.recover` makes it visible) or was never
  acknowledged.
* **State changes in place.** Header fields that change have a fixed width, so a retry needs no free disk
  space.
* **Exactly once.** The store remembers the token (origin of the mail + mailbox); a file is removed only
  after every mailbox it went to has been synced. Killing the process anywhere repeats work, never a mail.
* **An operator may move files** between ``mess``, ``cache`` and ``save`` under any name: the identity of a
  mail stands in the file, its name means nothing, and being found in ``mess`` makes its tries start again
  at zero.
* **Nothing is thrown away.** What cannot be read, delivered or reported back ends in ``save``.
* The worker has no event loop; run several (threads or processes): a lock on the open file decides who
  works on it.
"""
