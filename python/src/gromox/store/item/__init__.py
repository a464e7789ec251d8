"""Items: messages of property form, and what is done to messages whatever their form.

Decisions not to break:

* An item is read and written as a :class:`gromox.mapi.message.Message`; contents of attachments are never in
  memory as a whole.
* A mail stays the octets it came as, until a property that the octets tell is changed: then it becomes an
  item of property form, and IMAP is shown a new message. What the octets do not tell is kept beside them.
* Functions here know no rights; the parts of ``gromox.store.session`` check them.
"""
