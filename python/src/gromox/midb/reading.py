"""Commands that tell of folders and their messages.

Spec: reference/system/protocols.md section 15.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from gromox.midb.condition import condition_of
from gromox.midb.grammar import letters_of
from gromox.midb.question import PARAMETER, Answer, Command, Question, RefusedError, listed, shown_name
from gromox.store.builtin import SUBSCRIBED
from gromox.store.flags import Flag
from gromox.store.model import Columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gromox.store.folder import Folder
    from gromox.store.view import FolderView

_ASKED: Final = range(1, 2)


def _ping(question: Question, _: Sequence[str]) -> Answer:
    question.mailbox.change_number()
    return (), ()


def _enumerate(question: Question, _: Sequence[str]) -> Answer:
    return listed([f"{folder.folder_id} {word}" for folder, word in question.named()])


def _subscribed(question: Question, _: Sequence[str]) -> Answer:
    """List what is subscribed by name, and what is from birth."""
    asked = question.mailbox.subscriptions()
    return listed(
        [
            word
            for folder, word in question.named()
            if shown_name(word) in asked or (folder.folder_id in SUBSCRIBED and not folder.unsubscribed)
        ]
    )


def _summary(question: Question, words: Sequence[str]) -> Answer:
    folder = question.folder(words[0])
    view = question.view(folder)
    recent = sum(uid >= folder.recent_from for uid in view.uids())
    numbers = (view.total, recent, view.unseen, folder.uid_validity, folder.uid_next)
    return [str(number) for number in numbers], ()


def _size(question: Question, words: Sequence[str]) -> Answer:
    folder = question.folder(words[0])
    return (str(folder.size), str(folder.deleted_total)), ()


def _messages(question: Question, words: Sequence[str]) -> Answer:
    folder = question.folder(words[0])
    view = question.view(folder)
    try:
        low, high = int(words[1]), int(words[2])
    except ValueError:
        raise RefusedError(PARAMETER) from None
    wanted = [uid for uid in view.uids() if low <= uid and (uid <= high or high < 0)]
    mids = question.mids(folder, wanted)
    sizes = {row.uid: row.size for row in question.mailbox.fetch(folder.folder_id, wanted, Columns.SIZE)}
    return listed(
        [
            f"- {mids[uid]} {uid} {_letters(view, folder, uid)} {sizes.get(uid, 0)} {_keywords(view, uid)}"
            for uid in wanted
            if uid in mids
        ]
    )


def _deleted(question: Question, words: Sequence[str]) -> Answer:
    folder = question.folder(words[0])
    view = question.view(folder)
    wanted = [uid for uid in view.uids() if (found := view.flags_of(uid)) and found[0] & Flag.DELETED]
    mids = question.mids(folder, wanted)
    return listed([f"- {mids[uid]} {uid}" for uid in wanted if uid in mids])


def _uid(question: Question, words: Sequence[str]) -> Answer:
    (uid,) = question.uids(question.folder(words[0]), words[1:])
    return (str(uid),), ()


def _flags(question: Question, words: Sequence[str]) -> Answer:
    folder = question.folder(words[0])
    (uid,) = question.uids(folder, words[1:])
    return (_letters(question.view(folder), folder, uid),), ()


def _known_keywords(question: Question, words: Sequence[str]) -> Answer:
    view = question.view(question.folder(words[0]))
    found = {word for uid in view.uids() if (state := view.flags_of(uid)) for word in state[1]}
    return (_word(found),), ()


def _search(question: Question, words: Sequence[str], *, by_uid: bool = False) -> Answer:
    folder = question.folder(words[0])
    view = question.view(folder)
    uids = list(view.uids())
    wanted = condition_of(words[1], words[2], uids, recent_from=folder.recent_from)
    found = question.mailbox.search(folder.folder_id, wanted, view=view)
    if by_uid:
        return [str(uid) for uid in found], ()
    places = {uid: place for place, uid in enumerate(uids, 1)}
    return [str(places[uid]) for uid in found], ()


def _search_uids(question: Question, words: Sequence[str]) -> Answer:
    return _search(question, words, by_uid=True)


def _letters(view: FolderView, folder: Folder, uid: int) -> str:
    state = view.flags_of(uid)
    return letters_of(int(state[0]) if state else 0, is_recent=uid >= folder.recent_from)


def _keywords(view: FolderView, uid: int) -> str:
    state = view.flags_of(uid)
    return _word(state[1] if state else ())


def _word(keywords: Iterable[str]) -> str:
    return b64encode(" ".join(sorted(keywords)).encode()).decode()


COMMANDS: Final[Mapping[str, Command]] = {
    "M-PING": Command(_ping),
    "M-ENUM": Command(_enumerate),
    "P-SUBL": Command(_subscribed),
    "P-FDDT": Command(_summary, _ASKED),
    "P-FDSZ": Command(_size, _ASKED),
    "P-SIMU": Command(_messages, range(3, 4)),
    "P-DELL": Command(_deleted, _ASKED),
    "P-UNID": Command(_uid, range(2, 3)),
    "P-GFLG": Command(_flags, range(2, 3)),
    "P-KWLS": Command(_known_keywords, _ASKED),
    "P-SRHL": Command(_search, range(3, 4)),
    "P-SRHU": Command(_search_uids, range(3, 4)),
}
