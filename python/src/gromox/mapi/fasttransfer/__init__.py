"""FastTransfer streams: folders, messages and differences of both as one row of markers and property values.

Decisions not to break:

* ``lexeme`` and ``writer`` know octets, ``grammar`` knows which element may stand where; neither knows what
  a mailbox is. :mod:`gromox.store.fasttransfer` makes streams of mailboxes and mailboxes of streams.
* Nothing is ever held as a whole: a writer gives pieces, a buffer cuts them where [MS-OXCFXICS] 2.2.4.1
  allows, a lexer takes octets cut anywhere and hands large values on in parts.
* Keys are (tag, name): a named property has both, as identifiers mean something in one mailbox only.
"""
