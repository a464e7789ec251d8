"""``grommunio-admin``: arguments in, service functions called, text out.

* One module of ``commands`` a command: ``register`` (its parser) and thin functions that carry it out.
* Such a function gets the parsed arguments and a :class:`~gromox.admin.cli.console.Console` and returns the
  exit code: 0 done, 1 refused, 2 wrong usage, 3 a service needed for it (the database) is not available.
* The reference page, the shell completion and the interactive shell are all made from the same parser.
"""
