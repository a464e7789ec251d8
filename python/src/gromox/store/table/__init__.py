"""Tables: rows of folders, messages, recipients, attachments, permissions and rules, as MAPI shows them.

Decisions not to break:

* A table (table.py) knows nothing of what it shows: rows and values come from a source (source.py).
* How rows are ordered is an arrangement: rows in memory by number (arranged.py), in headings and below them
  (category.py), or rows that stay in an index of the database (indexed.py), which is why a folder of a
  million messages opens at once.
* The cursor and bookmarks are places (arranged.py) that follow their row when others come and go.
* Values that a row does not have are None. Headings and leaves are told apart by PidTagRowType.
"""
