"""Conditions: evaluated on values, compiled to SQL, looked for in texts, kept live as search folders.

Decisions not to break:

* :mod:`gromox.mapi.restriction` is what clients send; ``store.search`` is the tree that the engine
  (searching.py) works on. A restriction becomes a tree (expression.py) and what has no node of its own stays
  inside one as a leaf (docs/decisions/0025).
* evaluate.py alone decides what matches; everything else only narrows down what it has to look at.
* Search folders follow in the transaction that changes a message (follow.py); it costs nothing where there
  are none.
"""
