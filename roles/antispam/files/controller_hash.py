"""Print the hash of the controller's password: the one that is configured if it is right, else a new one.

Passwords go to `rspamadm pw` through a terminal, as typed ones do, and never stand in a command line.
Arguments: the file with the password, the file with the configured hash (may be missing).
"""

import os
import pty
import re
import sys
from pathlib import Path


def ask(arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Answer the questions of `rspamadm pw`; return its exit status and what it said."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp("rspamadm", ["rspamadm", "pw", *arguments])
    said = b""
    waiting = list(answers)
    asked = 0
    while True:
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        if not more:
            break
        said += more
        # A question ends with a colon and a blank. Answers may be echoed; each question is answered once.
        while waiting and said.count(b": ") > asked:
            os.write(terminal, waiting.pop(0).encode() + b"\n")
            asked += 1
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, said.decode("utf-8", "replace")


def main() -> int:
    """Print one line."""
    password = Path(sys.argv[1]).read_text(encoding="utf-8").strip()
    configured = Path(sys.argv[2])
    text = configured.read_text(encoding="utf-8") if configured.exists() else ""
    present = re.search(r'^password = "(\$[^"]+)"', text, re.MULTILINE)
    if present and ask(["--check"], [present[1], password])[0] == 0:
        print(present[1])
        return 0
    status, said = ask(["--encrypt"], [password])
    made = re.search(r"\$\d\$[a-z0-9]+\$[a-z0-9]+", said)
    if status != 0 or made is None:
        print("rspamadm pw made no hash", file=sys.stderr)
        return 1
    print(made[0])
    return 0


sys.exit(main())
