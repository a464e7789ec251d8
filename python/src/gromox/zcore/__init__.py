"""The store for the web tier: users log on through the Unix socket of gromox-zcore and act for themselves.

The protocol is :mod:`gromox.store.rpc`, with :class:`gromox.store.rpc.users.UserGate` at its gate; here
stands what the user directory answers (doors.py) and what can be set.
"""
