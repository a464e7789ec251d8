"""Thunderbird without a screen, told what to do by Marionette (its remote protocol for tests)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.support.server import HOST, eventually, free_port

#: No start pages, no questions, no reports.
PREFERENCES: Final[dict[str, object]] = {
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "toolkit.telemetry.enabled": False,
}

#: Makes an account; the certificate of the server is the one exception to its checks.
ACCOUNT: Final = """
const [user, port, password, certificate] = a;
Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService).rememberValidityOverride(
    "localhost", port, {},
    Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).constructX509FromBase64(certificate),
    false);
const server = MailServices.accounts.createIncomingServer(user, "localhost", "imap");
server.port = port;
server.socketType = Ci.nsMsgSocketType.SSL;
server.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
server.password = password;
const account = MailServices.accounts.createAccount();
const identity = MailServices.accounts.createIdentity();
identity.email = user;
account.addIdentity(identity);
account.incomingServer = server;
await finished((l) => MailServices.imap.discoverAllFolders(server.rootFolder, l, null));
"""

#: What every script may use: services, the folder of a name, a listener that is a promise.
PRELUDE: Final = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const folders = () => MailServices.accounts.allServers.find((s) => s.type == "imap").rootFolder.descendants;
const folder = (name) => folders().find((f) => f.name == name)?.QueryInterface(Ci.nsIMsgImapMailFolder);
const finished = (run) => new Promise((resolve) => run({
    OnStartRunningUrl() {},
    OnStopRunningUrl(_url, status) { resolve(status); },
    QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
}));
const about = (f, subject) => [...f.messages].filter((h) => h.mime2DecodedSubject == subject);
const told = (f) => [...f.messages].map((h) => [h.mime2DecodedSubject, h.isRead, h.isFlagged]);
"""


class Thunderbird:
    """One that runs, with a profile of its own."""

    def __init__(self, program: str, home: Path) -> None:
        self.profile = home / "profile"
        self.profile.mkdir()
        port = free_port()
        lines = [f'user_pref("{name}", {json.dumps(value)});\n' for name, value in PREFERENCES.items()]
        (self.profile / "user.js").write_text("".join(lines) + f'user_pref("marionette.port", {port});\n')
        with (home / "thunderbird.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    program, "--headless", "--marionette", "-remote-allow-system-access", "--no-remote",
                    "--profile", str(self.profile),
                ],
                stdout=log, stderr=log, env={**os.environ, "HOME": str(home)},
            )  # fmt: skip
        self._calls = 0
        self._socket = self._connected(port)
        self._file = self._socket.makefile("rb")
        self._read()
        self.call("WebDriver:NewSession", capabilities={})
        self.call("Marionette:SetContext", value="chrome")
        self.call("WebDriver:SetTimeouts", script=60_000)

    @staticmethod
    def _connected(port: int) -> socket.socket:
        found: list[socket.socket] = []

        def answers() -> bool:
            try:
                found.append(socket.create_connection((HOST, port), timeout=90))
            except OSError:
                return False
            return True

        eventually(answers, limit=90, what="Thunderbird listens")
        return found[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._file.close()
        self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)

    def _read(self) -> Any:  # noqa: ANN401 - what JSON brings
        length = b""
        while (octet := self._file.read(1)) != b":":
            assert octet, "Thunderbird hung up"
            length += octet
        return json.loads(self._file.read(int(length)))

    def call(self, name: str, **parameters: object) -> Any:  # noqa: ANN401 - as above
        """Carry out a command of Marionette."""
        self._calls += 1
        octets = json.dumps([0, self._calls, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(octets), octets))
        _, _, error, value = self._read()
        assert error is None, error
        return value

    def script(self, text: str, *arguments: object) -> Any:  # noqa: ANN401 - as above
        """Run a script in Thunderbird itself; return what it returns."""
        wrapped = (
            "const [...a] = arguments; const done = a.pop();"
            f"(async () => {{ {PRELUDE} {text} }})().then((value) => done([null, value]),"
            " (error) => done([String(error), null]));"
        )
        error, value = self.call(
            "WebDriver:ExecuteAsyncScript", script=wrapped, args=list(arguments), newSandbox=False
        )["value"]
        assert error is None, error
        return value

    def add_account(self, user: str, port: int, password: str, certificate: Path) -> None:
        """Make an account and ask for its folders."""
        octets = "".join(certificate.read_text().split("-----")[2].split())
        self.script(ACCOUNT, user, port, password, octets)

    def messages(self, name: str) -> list[tuple[str, bool, bool]]:
        """Return subject, read and flagged of the messages it knows, without asking the server."""
        return sorted(map(tuple, self.script("const f = folder(a[0]); return f ? told(f) : [];", name)))

    def update(self, name: str) -> None:
        """Open a folder, as a click on it does; afterwards the server is listened to with IDLE."""
        status = self.script("return finished((l) => folder(a[0]).updateFolderWithListener(null, l));", name)
        assert status == 0, hex(status)
