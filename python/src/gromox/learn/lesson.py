"""What a move says about the messages. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from gromox.mapi.folderids import Private

if TYPE_CHECKING:
    from gromox.store.moves import Moved


class Lesson(Enum):
    """What the filter is taught."""

    SPAM = "learnspam"
    HAM = "learnham"


#: Where mail from the junk folder goes without anybody having said that it is good.
_NO_ACQUITTAL: Final = frozenset({int(Private.JUNK), int(Private.DELETED_ITEMS)})


def lesson_of(moved: Moved) -> Lesson | None:
    """Return what the filter learns from a move, if anything."""
    if moved.source_id == Private.JUNK:
        return None if moved.target_id in _NO_ACQUITTAL else Lesson.HAM
    return Lesson.SPAM if moved.target_id == Private.JUNK else None
