"""Where daemons listen. Fact sheet config.md, "Ports / sockets"; the manual's chapter on IMAP and POP3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gromox.base.settings import Settings, load
from gromox.imap import settings as imap
from gromox.lmtp import settings as lmtp
from gromox.pop3 import settings as pop3

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.listens import Listens
    from gromox.base.settings import Program

CERTIFIED = {"{}_certificate_path": "c.pem", "{}_private_key_path": "c.key"}
DAEMONS = {
    "imap": (imap.PROGRAM, imap.IMAP_LISTENS, "imap", 143, 993),
    "pop3": (pop3.PROGRAM, pop3.POP3_LISTENS, "pop3", 110, 995),
    "lda": (lmtp.PROGRAM, lmtp.LDA_LISTENS, "smtp", 25, 0),
}


@pytest.fixture(params=list(DAEMONS))
def daemon(request: pytest.FixtureRequest) -> tuple[str, Program, Listens, str, int, int]:
    return (str(request.param), *DAEMONS[str(request.param)])


def bound(program: Program, listens: Listens, values: dict[str, str]) -> tuple[list[str], list[str]]:
    settings = Settings.of(program, values)
    return [str(each) for each in listens.in_clear(settings)], [
        str(each) for each in listens.with_tls(settings)
    ]


def test_tls_needs_no_word_where_there_is_a_certificate(
    daemon: tuple[str, Program, Listens, str, int, int],
) -> None:
    prefix, program, listens, owner, clear, secure = daemon
    usual = [f"[::]:{secure}"] if secure else []
    certified = {name.format(owner): value for name, value in CERTIFIED.items()}
    assert bound(program, listens, {}) == ([f"[::]:{clear}"], [])
    assert bound(program, listens, certified) == ([f"[::]:{clear}"], usual)
    assert bound(program, listens, {**certified, f"{prefix}_listen_tls": ""})[1] == []
    said = {**certified, f"{prefix}_listen": "[::1]:24", f"{prefix}_listen_tls": "[::1]:465 127.0.0.1:465"}
    assert bound(program, listens, said) == (["[::1]:24"], ["[::1]:465", "[127.0.0.1]:465"])


def test_former_directives_still_work(daemon: tuple[str, Program, Listens, str, int, int]) -> None:
    prefix, program, listens, owner, clear, secure = daemon
    certified = {name.format(owner): value for name, value in CERTIFIED.items()}
    assert bound(program, listens, {"listen_port": "24"}) == (["[::]:24"], [])
    assert bound(program, listens, {"listen_ssl_port": "465"})[1] == ["[::]:465"]
    assert bound(program, listens, {**certified, "listen_ssl_port": "0"})[1] == []
    former = {f"{prefix}_listen_addr": "::1", f"{prefix}_listen_port": "1024"}
    assert bound(program, listens, former) == (["[::1]:1024"], [])
    former = {f"{prefix}_listen_addr": "::1", f"{prefix}_listen_tls_port": "1025"}
    assert bound(program, listens, former) == ([f"[::1]:{clear}"], ["[::1]:1025"])
    alone = bound(program, listens, {**certified, f"{prefix}_listen_addr": "::1"})
    assert alone == ([f"[::1]:{clear}"], [f"[::1]:{secure}"] if secure else [])
    # The one that is not a former one wins, wherever it stands.
    both = {f"{prefix}_listen": "[::1]:7", "listen_port": "24", f"{prefix}_listen_addr": "::2"}
    assert bound(program, listens, both)[0] == ["[::1]:7"]


def test_a_former_directive_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "smtp.cfg").write_text("listen_port = 24\n")
    settings = load(lmtp.PROGRAM, search=(tmp_path,))
    assert [str(each) for each in lmtp.LDA_LISTENS.in_clear(settings)] == ["[::]:24"]
    assert settings.warnings == (f"{tmp_path}/smtp.cfg:1: listen_port is deprecated; write lda_listen_port",)


def test_what_a_reload_may_not_change_stays(tmp_path: Path) -> None:
    file = tmp_path / "imap.cfg"
    file.write_text("imap_certificate_path = c.pem\nimap_private_key_path = c.key\n")
    settings = load(imap.PROGRAM, search=(tmp_path,))
    before = imap.IMAP_LISTENS.with_tls(settings)
    file.write_text(file.read_text() + "imap_listen_tls = [::1]:9993\n")
    fresh = settings.reread()
    assert imap.IMAP_LISTENS.with_tls(fresh) != before
    kept = fresh.with_values_of(settings, imap.IMAP_LISTENS.names)
    assert imap.IMAP_LISTENS.with_tls(kept) == before
