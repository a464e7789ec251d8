"""Properties of a mailbox, its folders and its messages: where each stands, how it is read and written.

Decisions not to break:

* Which property is which column of a message is declared (column.py); computed ones are declared too
  (computed.py). Everything else stands packed in ``properties`` (blob.py), and beyond ``LARGE`` octets in
  ``large_values``.
* :class:`~gromox.store.property.message.MessageProperties` answers fixed tags for many messages in one query;
  tables, searches, synchronisation and rules read through it and nowhere else.
* A mail answers from its row, then from its header block, and is parsed as a whole only for its bodies.
* Texts are Unicode: PtypString8 is converted on its way in and out (text.py).
"""
