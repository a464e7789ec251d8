"""The store from afar: operations of sessions over TCP (exmdb, between nodes) and over the socket of zcore.

Decisions not to break (docs/decisions/0027):

* What can be called is what :data:`gromox.store.operation.OPERATIONS` declares; how a call looks in octets
  follows from the declared signature (schema.py), nothing else is ever constructed from what comes in.
* A welcome tells the fingerprint of every operation: nodes of different releases call what both know in the
  same form, and are told clearly about the rest.
* One connection a peer carries many calls at once (frame.py); long answers go in pieces between which others
  pass.
* The server core does no I/O: work on mailboxes is done by a crew of threads (crew.py), of which each mailbox
  has one. An answer leaves when what it promises is durable.
"""
