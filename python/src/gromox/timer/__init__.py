"""Jobs at a time: what gromox-timer serves on port 6666.

Decisions not to break:

* ``TRUE <id>`` is said once the job stands on disk (journal.py): it survives a crash and a reboot.
* A job that was begun when the daemon died is begun again: its program must bear that.
* Only programs of the product are run (programs.py), without a shell.
"""
