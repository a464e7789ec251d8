"""Out of Office: the state of a mailbox, its texts, and who was answered.

The settings are files below ``config/`` of the mailbox, where the administration interface and scripts
expect them; the memory of whom was answered stands in the database.

Spec: reference/system/store.md section 1 (files), protocols.md 7.2 (5); [MS-OXWOOF] 2.2.4.2.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox import mime
from gromox.base.configtext import SettingsError, parse_entries
from gromox.mime import charset
from gromox.mime.body import decoded
from gromox.mime.words import decode_words

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile, Write

_SETTINGS: Final = "autoreply.cfg"
_INTERNAL: Final = "internal-reply"
_EXTERNAL: Final = "external-reply"
_MAX_TEXT: Final = 1 << 20
_MODE: Final = 0o660
#: Addresses that are remembered; beyond that those answered longest ago are forgotten.
_MAX_PEERS: Final = 100_000
_DEFAULT_SUBJECT: Final = "Out of Office"


class OofState(IntEnum):
    """``oof_state``."""

    OFF = 0
    ON = 1
    SCHEDULED = 2


class Audience(IntEnum):
    """``external_audience``."""

    ALL = 0
    KNOWN = 1  #: senders that stand in the contacts of the user


@dataclass(frozen=True, slots=True)
class ReplyText:
    """What is answered."""

    subject: str = ""
    body: str = ""
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class OofSettings:
    """Everything about automatic replies; times are Unix seconds."""

    state: OofState = OofState.OFF
    start: int = 0
    end: int = 0
    allow_external: bool = False
    audience: Audience = Audience.ALL
    internal: ReplyText = ReplyText()
    external: ReplyText = ReplyText()

    def is_active(self, now: float) -> bool:
        """Tell whether replies are sent at a time: a schedule holds from its start to just before its end."""
        if self.state is OofState.SCHEDULED:
            return self.start <= now < self.end
        return self.state is OofState.ON


def read(mailbox: Path) -> OofSettings:
    """Return the settings of the mailbox in that directory; what cannot be read counts as not set."""
    values = _entries(mailbox / "config" / _SETTINGS)
    if not values:
        return OofSettings()
    return OofSettings(
        OofState(_number(values, "oof_state", 0, OofState.SCHEDULED)),
        start=_number(values, "start_time", 0),
        end=_number(values, "end_time", 0),
        allow_external=bool(_number(values, "allow_external_oof", 0)),
        audience=Audience(_number(values, "external_audience", 0, Audience.KNOWN)),
        internal=_reply_text(mailbox / "config" / _INTERNAL),
        external=_reply_text(mailbox / "config" / _EXTERNAL),
    )


def write(mailbox: Path, settings: OofSettings) -> None:
    """Write the settings; texts come first, so that a state never speaks of texts that are not there yet.

    Raises:
        OSError: a file could not be written; the old one is still there.
    """
    folder = mailbox / "config"
    folder.mkdir(mode=0o770, exist_ok=True)
    for name, text in ((_INTERNAL, settings.internal), (_EXTERNAL, settings.external)):
        _replace(folder / name, _reply_octets(text))
    _replace(
        folder / _SETTINGS,
        (
            f"oof_state = {int(settings.state)}\n"
            f"start_time = {settings.start}\n"
            f"end_time = {settings.end}\n"
            f"allow_external_oof = {int(settings.allow_external)}\n"
            f"external_audience = {int(settings.audience)}\n"
        ).encode(),
    )


def answered_within(file: MailboxFile, peer: str, window: float) -> bool:
    """Tell whether an address was answered in the last ``window`` seconds (``autoreply_silence_window``)."""
    row = file.execute("SELECT sent_at FROM autoreplies WHERE peer = ?", (peer.casefold(),)).fetchone()
    return row is not None and file.clock.now() - row[0] < window


def note_answered(tx: Write, peer: str) -> None:
    """Remember that an address is answered now."""
    tx.next_cn()
    tx.file.execute("INSERT OR REPLACE INTO autoreplies VALUES (?, ?)", (peer.casefold(), int(tx.now)))
    tx.file.execute(
        "DELETE FROM autoreplies WHERE peer IN"
        " (SELECT peer FROM autoreplies ORDER BY sent_at DESC LIMIT -1 OFFSET ?)",
        (_MAX_PEERS,),
    )


def forget_answered(tx: Write) -> None:
    """Forget whom was answered: the next absence begins anew."""
    tx.next_cn()
    tx.file.execute("DELETE FROM autoreplies")
    tx.file.execute("DELETE FROM rule_answers")


def was_answered_by(file: MailboxFile, rule_id: int, peer: str) -> bool:
    """Tell whether a rule with KEEP_OOF_HIST answered an address, [MS-OXORULE] 3.2.5.1.1."""
    return (
        file.execute(
            "SELECT 1 FROM rule_answers WHERE rule_id = ? AND peer = ?", (rule_id, peer.casefold())
        ).fetchone()
        is not None
    )


def note_answered_by(tx: Write, rule_id: int, peer: str) -> None:
    """Remember that a rule answers an address now."""
    tx.file.execute("INSERT OR IGNORE INTO rule_answers VALUES (?, ?)", (rule_id, peer.casefold()))


def _entries(path: Path) -> dict[str, str]:
    try:
        return {entry.key: entry.value for entry in parse_entries(_octets(path), str(path))}
    except SettingsError:
        return {}


def _octets(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_MAX_TEXT)
    except OSError:
        return b""


def _number(values: dict[str, str], key: str, low: int, high: int = (1 << 62)) -> int:
    text = values.get(key, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < len(str(1 << 62)) else low
    return number if low <= number <= high else low


def _reply_text(path: Path) -> ReplyText:
    octets = _octets(path)
    if not octets:
        return ReplyText()
    mail = mime.scan(octets)
    root = mail.root
    body = charset.decode(decoded(root, octets), root.charset)
    return ReplyText(
        mail.subject,
        body.replace("\r\n", "\n").rstrip("\n"),
        is_html=(root.media_type, root.subtype) == ("text", "html"),
    )


def _reply_octets(text: ReplyText) -> bytes:
    subject = decode_words(" ".join(text.subject.split()).encode())  # one line, whatever stood there
    kind = "html" if text.is_html else "plain"
    header = (
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: 8bit\r\n"
        f"Subject: {subject or _DEFAULT_SUBJECT}\r\n\r\n"
    )
    return (header + text.body.replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n").encode()


def _replace(path: Path, octets: bytes) -> None:
    """Write a file so that at any moment the old or the new one is there, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(octets)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(_MODE)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
