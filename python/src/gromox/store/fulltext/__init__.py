"""Full text: an index of trigrams that says where a text may be, never that it is.

Decisions not to break:

* The index (FTS5, contentless, no positions) only excludes: what it lets through is looked at, what it does
  not know yet is looked at too. So searches are exact whether or not it is kept, just slower without.
* It is kept by gromox-midb from the change log, folder by folder, in short transactions; writers never wait.
* Everything is found three characters at a time, so languages without spaces need nothing of their own.
  Terms of one or two characters are looked for without the index.
* Rows of messages that are gone stay until the index is made anew: ids are never used twice.
"""
