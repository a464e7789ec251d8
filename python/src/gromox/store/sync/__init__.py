"""Synchronisation: what changed since a state, and changes that clients made off line.

Decisions not to break (docs/decisions/0028):

* Everything is read from change numbers: contents by the index (folder, cn), flags by blocks that
  changed, departures by tombstones. No client has a row here; a state is the client's own.
* A state tells which change numbers a client has seen. Up to a first gap it has seen all (its *base*): only
  newer tombstones and blocks are looked at. Where these were pruned, everything is compared.
* Flags that MAPI keeps with the content (answered, flagged, categories) give a message a new content cn once
  somebody synchronises its folder (marks.py); the IMAP side never pays for it.
"""
