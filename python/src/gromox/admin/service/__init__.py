"""What an administrator can do, as functions on a :class:`gromox.admin.service.site.Site`.

Decisions not to break:

* A user is a directory row, a mailbox on disk and a few files in its ``config/``. The row comes first, then
  the directory tree, then the mailbox; each failure undoes the steps before it: nobody ever sees half a user.
* Functions here raise :class:`~gromox.admin.service.errors.AdminError` or what the layers below raise; they
  never print.
"""
