"""Messages written by IMAP: many at once, in one command, compressed, by real programs."""

from __future__ import annotations

import imaplib
import re
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import imapclient

from tests.support.mail import imap, mail, trusting, unique
from tests.support.server import HOST, PATIENCE, GromoxServer
from tests.system.conftest import ALICE
from tests.system.test_clients import run

WRITERS, EACH = 20, 15
_APPENDUID = re.compile(rb"\[APPENDUID ([0-9]+) ([0-9]+)\]")


def test_what_many_append_at_once_is_all_there_once(server: GromoxServer) -> None:
    folder = unique("together")
    with imap(server) as connection:
        connection.create(folder)
    told: dict[int, str] = {}

    def write(number: int) -> None:
        with imap(server) as connection:
            for count in range(EACH):
                name = f"{folder}-{number}-{count}"
                status, [answer] = connection.append(folder, "", "", mail(name))
                assert status == "OK"
                found = _APPENDUID.search(answer)
                assert found is not None
                told[int(found[2])] = name

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == list(range(1, WRITERS * EACH + 1))
    with imap(server) as connection:
        connection.select(folder)
        _, answers = connection.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        seen = {
            int(re.search(rb"UID ([0-9]+)", head)[1]): body.decode().split()[1]  # type: ignore[index]
            for head, body in (answer for answer in answers if isinstance(answer, tuple))
        }
    assert seen == told


def test_imapclient_appends_several_at_once(server: GromoxServer) -> None:
    folder = unique("multi")
    with imapclient.IMAPClient(
        HOST, port=server.port("imaps"), ssl_context=trusting(server), timeout=PATIENCE
    ) as client:
        client.login(ALICE, server.password(ALICE))
        assert client.enable("IMAP4rev2") == [b"IMAP4rev2"]
        client.create_folder(folder)
        client.multiappend(folder, [mail("one"), mail("two"), mail("three")])
        assert client.select_folder(folder)[b"EXISTS"] == 3
        found = client.fetch([2], ["BINARY.PEEK[1]", "BINARY.SIZE[1]"])[2]
        assert len(found[b"BINARY[1]"]) == found[b"BINARY.SIZE[1]"]


def test_a_compressed_session(server: GromoxServer) -> None:
    with imap(server) as connection:
        assert "COMPRESS=DEFLATE" in connection.capability()[1][0].decode()
        imaplib.Commands.setdefault("COMPRESS", ("AUTH", "SELECTED"))
        assert connection._simple_command("COMPRESS", "DEFLATE")[0] == "OK"
        deflate, inflate = zlib.compressobj(6, zlib.DEFLATED, -15), zlib.decompressobj(-15)
        sock = connection.sock
        text = b"".join(b"t%d UID FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE)\r\n" % n for n in range(20))
        sock.sendall(deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH))
        packed = plain = b""
        while b"t19 OK" not in plain:
            octets = sock.recv(65536)
            assert octets
            packed += octets
            plain += inflate.decompress(octets)
        assert [int(n) for n in re.findall(rb"(?m)^t([0-9]+) OK", plain)] == list(range(20))
        assert len(packed) < len(plain) / 2
        sock.close()
        connection.state = "LOGOUT"


def test_neomutt_reads_compressed(
    server: GromoxServer, program: Callable[[str], str], tmp_path: Path
) -> None:
    subject = unique("deflate")
    with imap(server) as connection:
        connection.append("INBOX", "", "", mail(subject))
    (tmp_path / "neomuttrc").write_text(
        f"set folder=imaps://{HOST}:{server.port('imaps')}/\nset spoolfile=+INBOX\nset imap_user={ALICE}\n"
        f"set imap_pass={server.password(ALICE)}\nset imap_deflate=yes\nset ssl_ca_certificates_file="
        f"{server.certificate}\nset certificate_file={server.certificate}\nset ssl_verify_host=no\n"
        f"set header_cache=\nset from={ALICE}\n"
        f'set pipe_decode=yes\npush "<limit>~s {subject}<enter><first-entry><save-message>'
        f'{tmp_path}/saved<enter><quit>"\nset confirmappend=no\nset confirmcreate=no\n'
        "set quit=yes\nset delete=no\n"
    )

    run(
        program("script"), "-qec", f"{program('neomutt')} -F {tmp_path}/neomuttrc", "/dev/null", home=tmp_path
    )

    saved = tmp_path / "saved"
    texts = (
        [saved.read_text()] if saved.is_file() else [f.read_text() for f in saved.rglob("*") if f.is_file()]
    )
    assert any(f"Subject: {subject}" in text for text in texts)
