"""The programs: settings and wiring, nothing else.

Each module is one program of the manual: it reads its settings, puts the parts together and runs the server
of ``gromox.serve``. ``frame`` is what all have in common, ``home`` what those share that open mailboxes.
"""
