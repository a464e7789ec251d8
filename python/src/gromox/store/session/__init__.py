"""One user's view of one mailbox: what MAPI, EWS, EAS, DAV, JMAP and rules work with.

Decisions not to break:

* ``StoreSession`` (session.py) has every operation; its parts stand in one module a topic, as mixins.
  Protocol packages declare the few methods they need and write no store logic of their own.
* A session acts for one :class:`~gromox.store.session.actor.Actor`; every operation checks its rights
  (access.py) before it reads or writes. ``Mailbox`` itself knows no rights: it is the system's door.
* Operations take and return plain values (see :mod:`gromox.store.operation`): the same class works
  in-process, over the store RPC between nodes and over the socket of gromox-zcore.
* One operation is one transaction, and raises nothing but StoreError.
"""

from __future__ import annotations

from gromox.store.session.actor import SYSTEM, Actor
from gromox.store.session.session import StoreSession

__all__ = ["SYSTEM", "Actor", "StoreSession"]
