"""gromox-verify: is this a working mail system, as its users and other systems see it?

* ``point`` is what is looked at and how it is told, ``place`` where the system is and who logs in.
* ``secrecy`` looks at ports, certificates and TLS; ``entrance`` at logins; ``passage`` at mail on its way.
* ``visitor`` makes a user for the time of the run, and ``program`` is the command line.

Every point is looked at, whatever became of those before it: the report names everything that is wrong at
once. Nothing of other users is touched, so it can be run on a productive system at any time.
"""

from gromox.tools.verify.program import main

__all__ = ["main"]
