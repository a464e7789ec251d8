"""POP3 (RFC 1939) on the inbox, with CAPA, STLS, SASL, RESP-CODES.

Decisions not to break:

* **The maildrop of a session never changes.** PASS takes a snapshot of the inbox; sizes, order and
  unique-ids are those of the snapshot. Mail that arrives later, or that IMAP removes meanwhile, shows in
  the next session.
* **One session at a time** has the maildrop (RFC 1939 section 8), unless ``pop3_shared_maildrop`` says
  otherwise: a lock on a file in the store's directory, so that it holds between processes and ends with
  them. IMAP is not locked out.
* **A unique-id is ``<uidvalidity>.<uid>``** of the inbox: it never changes and is never used again.
* **DELE happens at QUIT**, in one transaction, durable before the answer. A session that ends otherwise
  removes nothing.
* RETR is produced in pieces; no message is in memory whole.
* There is no APOP: it would need passwords in clear in the user database.
"""
