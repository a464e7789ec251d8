"""Rules of folders and automatic replies: what happens to a mail before anybody sees it.

The way of a mail through here:

1. ``delivery`` hands mails with what it knows of their envelope
   (:class:`~gromox.store.rule.model.Addressed`) to ``Mailbox.deliver_many``.
2. ``plan`` asks the rules of the folder, in their order, and returns a value: where copies of the mail go,
   with which flags and properties, what clients are left to do, and what is to be sent.
3. ``carry_out`` puts the mail there, in the transaction of the delivery: nobody sees it pass through the
   Inbox.
4. What is to be sent stands in the table ``outgoing`` when the transaction commits. Delivery puts it into
   the queue and forgets it here; after a crash in between it finds it again.

Spec: [MS-OXORULE]; reference/system/protocols.md sections 7.2 and 8.
"""
