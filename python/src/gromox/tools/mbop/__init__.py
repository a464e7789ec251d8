"""gromox-mbop: maintenance of mailboxes.

* ``program`` reads the command line, ``chain`` splits ``( a ) ( b )``, ``target`` finds mailboxes.
* A command is a parser and a function in a module of ``commands``; ``registry`` lists them and names those of
  later releases, which are refused with exit code 2 instead of doing half of what they promise.
* All work is done on the mailbox file itself; daemons that have it open notice (``PRAGMA data_version``).
"""

from gromox.tools.mbop.program import main

__all__ = ["main"]
