"""Thunderbird: it syncs a folder, hears of changes by IDLE, and flags, moves and keeps messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.mail import imap, mail
from tests.support.server import GromoxServer, eventually
from tests.support.thunderbird import Thunderbird
from tests.system.conftest import ALICE

FOLDER, TARGET = "thunder", "bird"


@pytest.fixture
def thunderbird(program: Callable[[str], str]) -> str:
    return program("thunderbird")


def flags_there(server: GromoxServer, folder: str) -> dict[str, set[str]]:
    """Return subjects and flags as the server tells them."""
    with imap(server) as connection:
        connection.select(folder, readonly=True)
        _, data = connection.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        return {
            item[1].decode().removeprefix("Subject: ").strip(): set(
                item[0].decode().split("FLAGS (", 1)[1].split(")", 1)[0].split()
            )
            for item in data
            if isinstance(item, tuple)
        }


@pytest.mark.timeout(600)
def test_thunderbird(server: GromoxServer, thunderbird: str, tmp_path: Path) -> None:
    with imap(server) as connection:
        for name in (FOLDER, TARGET):
            assert connection.create(name)[0] == "OK"
        for number in range(4):
            connection.append(FOLDER, "", "", mail(f"thunder {number}"))
    with Thunderbird(thunderbird, tmp_path) as client:
        client.add_account(ALICE, server.port("imaps"), server.password(ALICE), server.certificate)
        eventually(
            lambda: {FOLDER, TARGET} <= set(client.script("return folders().map((f) => f.name);")),
            limit=60,
            what="the folders",
        )
        client.update(FOLDER)
        assert client.messages(FOLDER) == [(f"thunder {number}", False, False) for number in range(4)]

        # What another client does is heard by IDLE: nobody asks here.
        with imap(server) as connection:
            connection.select(FOLDER)
            connection.append(FOLDER, "", "", mail("thunder 4"))
            connection.store("1", "+FLAGS", r"(\Flagged)")
            connection.store("2", "+FLAGS", r"(\Deleted)")
            connection.expunge()
        expected = [
            ("thunder 0", False, True),
            *((f"thunder {number}", False, False) for number in (2, 3, 4)),
        ]
        eventually(lambda: client.messages(FOLDER) == expected, limit=60, what="IDLE tells Thunderbird")

        client.script(
            "const f = folder(a[0]); const chosen = about(f, a[1]);"
            "f.markMessagesFlagged(chosen, true); f.markMessagesRead(chosen, true);",
            FOLDER,
            "thunder 2",
        )
        eventually(
            lambda: {r"\Flagged", r"\Seen"} <= flags_there(server, FOLDER)["thunder 2"], what="flags there"
        )

        client.script(
            "const f = folder(a[0]); const chosen = about(f, a[2]);"
            "MailServices.copy.copyMessages(f, chosen, folder(a[1]), true, null, null, true);",
            FOLDER,
            TARGET,
            "thunder 3",
        )
        eventually(lambda: "thunder 3" in flags_there(server, TARGET), limit=60, what="the move")
        eventually(lambda: "thunder 3" not in flags_there(server, FOLDER), what="the move out")

        # For offline use it fetches the bodies and keeps them in the profile.
        client.script(
            "const f = folder(a[0]); f.setFlag(Ci.nsMsgFolderFlags.Offline);"
            "f.downloadAllForOffline(null, null);",
            FOLDER,
        )
        kept = list(client.profile.glob(f"ImapMail/*/{FOLDER}"))
        eventually(
            lambda: any(
                b"Hello." in path.read_bytes() for path in client.profile.glob(f"ImapMail/*/{FOLDER}")
            ),
            limit=60,
            what=f"the bodies in {kept}",
        )
        assert list(client.profile.glob(f"ImapMail/*/{FOLDER}.msf"))
