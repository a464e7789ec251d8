"""A daemon with workers goes over to new code, and nobody who is connected notices. docs/decisions/0048."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from testinfra.host import Host

#: Runs on the host: a client that is connected before, meanwhile and afterwards.
CLIENT = """
import socket, subprocess, sys, time

unit, port, ask, answer = sys.argv[1:]

def shown(name):
    command = ["systemctl", "show", "--value", "--property=" + name, unit]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

def greeted():
    sock = socket.create_connection(("localhost", int(port)), timeout=30)
    assert answer in sock.recv(1000).decode()
    return sock

process, status = shown("MainPID"), shown("StatusText")
held = greeted()
subprocess.run(["systemctl", "kill", "--kill-who=main", "--signal=SIGUSR2", unit], check=True)
end = time.monotonic() + 120
while shown("StatusText") == status:
    assert time.monotonic() < end, "nothing happened: " + status
    time.sleep(0.2)
print(shown("StatusText"))
assert "did not start" not in shown("StatusText")
assert shown("MainPID") == process
assert shown("ActiveState") == "active"
held.sendall(ask.encode() + b"\\r\\n")
assert answer in held.recv(1000).decode()
greeted().close()
"""


@pytest.mark.parametrize(
    ("name", "port", "ask", "answer"), [("imap", 143, "a NOOP", "OK"), ("pop3", 110, "CAPA", "+OK")]
)
def test_who_is_connected_stays_so_when_new_code_takes_over(
    host: Host, name: str, port: int, ask: str, answer: str
) -> None:
    done = host.run("python3 -c %s %s %s %s %s", CLIENT, f"gromox-{name}.service", str(port), ask, answer)

    assert done.rc == 0, done.stdout + done.stderr
    assert "generation" in done.stdout
