r"""Rights of RFC 4314 and the permission bits of the store ([MS-OXCPERM] 2.2.7). Decision 0037.

==  ==========================================  =====================================================
l   VISIBLE                                     also with READ_ANY
r   READ_ANY
s   EDIT_ANY; READ_ANY in public stores         ``\Seen`` is the owner's, or that of each reader
w   EDIT_ANY                                    with it EDIT_OWNED
i   CREATE
k   CREATE_SUBFOLDER
t   DELETE_ANY                                  tied to e; with it DELETE_OWNED
e   DELETE_ANY
x   OWNER                                       tied to a; an owner has all rights
a   OWNER
==  ==========================================  =====================================================

``c`` and ``d`` of RFC 2086 stand for ``k`` and ``te``: ``x`` would make an owner; ``p`` means nothing here.
Free/busy and contact bits have no letter and stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.imap.errors import BadCommandError
from gromox.imap.selected import SYSTEM_FLAGS
from gromox.store.errors import DeniedError, FolderGoneError
from gromox.store.flags import SYSTEM_NAMES, Flag
from gromox.store.permission import ALL_RIGHTS, Right

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.store.mailbox import Mailbox

#: In the order in which they are shown.
LETTERS: Final = "lrswipkxtea"
_SHOWN: Final = "lrswikxtea"
_BITS: Final[dict[str, Right]] = {
    "l": Right.VISIBLE,
    "r": Right.READ_ANY | Right.VISIBLE,
    "s": Right.EDIT_ANY | Right.EDIT_OWNED,
    "w": Right.EDIT_ANY | Right.EDIT_OWNED,
    "i": Right.CREATE,
    "p": Right(0),
    "k": Right.CREATE_SUBFOLDER,
    "t": Right.DELETE_ANY | Right.DELETE_OWNED,
    "e": Right.DELETE_ANY | Right.DELETE_OWNED,
    "x": ALL_RIGHTS,
    "a": ALL_RIGHTS,
}
#: RFC 4314 section 2.1.1: what the rights of RFC 2086 stand for.
_OBSOLETE: Final = {"c": "k", "d": "te"}
#: What of the bits has letters.
_LETTERED: Final = ALL_RIGHTS
#: Groups of rights that are granted together (RFC 4314 section 3.7).
TIED: Final = ("l", "r", "sw", "i", "k", "te", "xa")
TIED_PUBLIC: Final = ("l", "rs", "w", "i", "k", "te", "xa")


def letters(rights: int, *, is_public: bool) -> str:
    """Return the letters that permission bits come to."""
    if rights & Right.OWNER:
        return _SHOWN
    found = {
        letter
        for letter, bit in (
            ("l", Right.VISIBLE | Right.READ_ANY),
            ("r", Right.READ_ANY),
            ("s", Right.READ_ANY if is_public else Right.EDIT_ANY),
            ("w", Right.EDIT_ANY),
            ("i", Right.CREATE),
            ("k", Right.CREATE_SUBFOLDER),
            ("t", Right.DELETE_ANY),
            ("e", Right.DELETE_ANY),
        )
        if rights & bit
    }
    return "".join([letter for letter in _SHOWN if letter in found])


def parse(octets: bytes) -> frozenset[str]:
    """Return the letters of a client, those of RFC 2086 as what they stand for.

    Raises:
        BadCommandError: there is no such right (RFC 4314 section 3.1).
    """
    found: set[str] = set()
    for letter in octets.decode("ascii", "replace"):
        found.update(_OBSOLETE.get(letter, letter))
    if not found <= set(LETTERS):
        raise BadCommandError("there is no such right")
    return frozenset(found)


def bits(wanted: Iterable[str], *, is_public: bool) -> int:
    """Return the permission bits that letters come to; in a public store ``s`` comes with reading."""
    found = Right(0)
    for letter in wanted:
        if letter == "s" and is_public:
            continue
        found |= _BITS[letter]
    return int(found)


def changed(held: int, sign: str, wanted: frozenset[str], *, is_public: bool) -> int:
    """Return permission bits after ``SETACL`` with ``+``, ``-`` or neither (RFC 4314 section 3.1)."""
    rest = held & ~int(_LETTERED)
    before = frozenset(letters(held, is_public=is_public))
    if sign == "+":
        return held | bits(wanted, is_public=is_public)
    after = before - wanted if sign == "-" else wanted
    if sign == "-":
        # Tied rights go together: who loses one of them loses all.
        tied = TIED_PUBLIC if is_public else TIED
        after -= {letter for group in tied if set(group) & wanted & before for letter in group}
    return rest | bits(after, is_public=is_public)


def require(mailbox: Mailbox, folder_id: int, right: Right) -> None:
    """Refuse what the user may not do; a folder that must not be known is not there.

    Raises:
        FolderGoneError, DeniedError: the right is missing.
    """
    if not mailbox.is_guest or mailbox.held(folder_id) & right == right:
        return
    if not mailbox.sees(folder_id):
        raise FolderGoneError("there is no such folder (any more)")
    raise DeniedError("the rights of the user do not cover it")


def is_read_only(mailbox: Mailbox, folder_id: int) -> bool:
    """Tell whether the user can change nothing at all in a folder that can be read."""
    if not mailbox.is_guest:
        return False
    return not mailbox.settable(folder_id) and not mailbox.held(folder_id) & Right.DELETE_ANY


def permanent_flags(settable: Flag, keywords: Iterable[bytes]) -> tuple[bytes, ...]:
    r"""Return what PERMANENTFLAGS lists of the flags that the user may set (RFC 4314 section 5.1.1)."""
    names = tuple([name for name in SYSTEM_FLAGS if settable & _FLAGS[name]])
    return (*names, *keywords, rb"\*") if settable & Flag.FLAGGED else names


_FLAGS: Final[dict[bytes, Flag]] = {name: flag for flag, name in SYSTEM_NAMES.items()}
