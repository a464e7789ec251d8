"""The ``gromox-*`` programs for administrators; each module has a ``main`` that returns the exit code.

They work directly on the user database and the mailboxes of this machine: 0 done, 1 refused, 2 wrong usage.
"""
