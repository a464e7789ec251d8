"""Commands that change folders and messages; each is durable before it is answered.

Spec: reference/system/protocols.md section 15.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Final

from gromox.midb.grammar import flags_of
from gromox.midb.question import (
    NO_MESSAGE,
    NOTHING,
    PARAMETER,
    Answer,
    Command,
    Question,
    RefusedError,
    shown_name,
)
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.model import NewMail
from gromox.store.session.mails import MAX_MAIL
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.store.folder import Folder

_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+=-]{0,254}")
"""Names of files below eml/."""
_KEYWORD: Final = re.compile(r"[!#$&',0-9A-Z^_`a-z|~.:;<=>?@/+-]{1,255}")
_ONE, _TWO = range(1, 2), range(2, 3)


def _subscribe(question: Question, words: Sequence[str]) -> Answer:
    folder = question.folder(words[0])
    question.mailbox.subscribe(shown_name(words[0]), folder.folder_id)
    return _durable(question)


def _unsubscribe(question: Question, words: Sequence[str]) -> Answer:
    folder = question.folder(words[0])
    question.mailbox.unsubscribe([shown_name(words[0])], folder.folder_id)
    return _durable(question)


def _insert(question: Question, words: Sequence[str]) -> Answer:
    """Take in the mail that lies in the file eml/<mid>; the file goes once it is kept."""
    folder = question.folder(words[0])
    if not _FILE.fullmatch(words[1]) or not words[3].isdecimal():
        raise RefusedError(PARAMETER)
    file = question.path / "eml" / words[1]
    try:
        with file.open("rb") as stream:
            octets = stream.read(MAX_MAIL + 1)
    except OSError:
        raise RefusedError(NO_MESSAGE) from None
    if len(octets) > MAX_MAIL:
        raise RefusedError(PARAMETER)
    mail = NewMail(octets, flags_of(words[2]), internal_date=float(words[3]))
    question.mailbox.append(folder.folder_id, [mail])
    _durable(question)
    file.unlink(missing_ok=True)
    return NOTHING


def _delete(question: Question, words: Sequence[str]) -> Answer:
    folder = question.folder(words[0])
    question.mailbox.delete_messages(folder.folder_id, UidSet.of(question.uids(folder, words[1:])))
    return _durable(question)


def _copy(question: Question, words: Sequence[str]) -> Answer:
    source, target = question.folder(words[0]), question.folder(words[2])
    copied = question.mailbox.copy(
        source.folder_id, UidSet.of(question.uids(source, words[1:2])), target.folder_id
    )
    mids = question.mids(target, list(copied.target_uids))
    _durable(question)
    return [str(mids[uid]) for uid in copied.target_uids], ()


def _make_folder(question: Question, words: Sequence[str]) -> Answer:
    parent_id, name = question.place(words[0])
    question.mailbox.create_folder(parent_id, name)
    return _durable(question)


def _remove_folder(question: Question, words: Sequence[str]) -> Answer:
    question.mailbox.delete_folder(question.folder(words[0]).folder_id)
    return _durable(question)


def _rename_folder(question: Question, words: Sequence[str]) -> Answer:
    folder = question.folder(words[0])
    parent_id, name = question.place(words[1])
    question.mailbox.rename_folder(folder.folder_id, parent_id=parent_id, name=name)
    return _durable(question)


def _set_keywords(question: Question, words: Sequence[str]) -> Answer:
    folder = question.folder(words[0])
    uids = question.uids(folder, words[1:2])
    try:
        keywords = b64decode(words[2], validate=True).decode("ascii").split()
    except ValueError:
        raise RefusedError(PARAMETER) from None
    if not all(map(_KEYWORD.fullmatch, keywords)):
        raise RefusedError(PARAMETER)
    state = question.view(folder).flags_of(uids[0])
    flags = state[0] if state else Flag(0)
    _change(question, folder, uids, FlagChange(FlagOperation.REPLACE, flags, frozenset(keywords)))
    return _durable(question)


def _set_flags(
    question: Question, words: Sequence[str], operation: FlagOperation = FlagOperation.ADD
) -> Answer:
    folder = question.folder(words[0])
    uids = question.uids(folder, words[1:2])
    _change(question, folder, uids, FlagChange(operation, flags_of(words[2])))
    return _durable(question)


def _remove_flags(question: Question, words: Sequence[str]) -> Answer:
    return _set_flags(question, words, FlagOperation.REMOVE)


def _change(question: Question, folder: Folder, uids: Sequence[int], change: FlagChange) -> None:
    question.mailbox.set_flags(folder.folder_id, UidSet.of(uids), change)


def _durable(question: Question) -> Answer:
    question.mailbox.sync_and_tidy()
    return NOTHING


COMMANDS: Final[Mapping[str, Command]] = {
    "P-SUBF": Command(_subscribe, _ONE),
    "P-UNSF": Command(_unsubscribe, _ONE),
    "M-INST": Command(_insert, range(4, 5)),
    "M-DELE": Command(_delete, range(2, 4096)),
    "M-COPY": Command(_copy, range(3, 4)),
    "M-MAKF": Command(_make_folder, _ONE),
    "M-REMF": Command(_remove_folder, _ONE),
    "M-RENF": Command(_rename_folder, _TWO),
    "M-SKWD": Command(_set_keywords, range(3, 4)),
    "P-SFLG": Command(_set_flags, range(3, 4)),
    "P-RFLG": Command(_remove_flags, range(3, 4)),
}
