"""The user database: domains, users, lists, passwords, and who may log in. Layer 3.

* The tables are those of the fact sheet db-schema.md, octet for octet, because Postfix maps, the manual's SQL
  and other tools read them; nothing may be renamed for beauty. The same models make the SQLite file of the
  embedded default.
* :class:`~gromox.directory.directory.Directory` is the connection (thread-safe, pooled); the modules
  ``domain``, ``user``, ``alias``, ``forward``, ``mlist``, ``user_property`` hold plain functions on it: one
  call, one transaction.
* ``auth.Authenticator`` and ``resolve.Resolver`` are what protocol daemons hold; both cache for a short time.
* A database that does not answer is an ``UnavailableError`` wherever it happens, so that callers say "try
  later".
* Names are compared without regard to ASCII case and stored in lower case; addresses with other than ASCII
  characters in the local part match nothing; domains are stored in their IDNA form.
"""

from gromox.directory.directory import Directory
from gromox.directory.errors import DirectoryError
from gromox.directory.status import Privilege

__all__ = ["Directory", "DirectoryError", "Privilege"]
