"""FastTransfer streams of a mailbox: what is told of it, and what comes into it.

Decisions not to break (docs/decisions/0035):

* A stream is a generator of pieces that reads the mailbox as it goes; nothing but one message at a time is in
  memory. What left meanwhile is left out.
* Properties go by name, so that a stream means the same in any mailbox.
* Who may not read something gets a warning in its place; rights are asked message by message.
"""
