r"""CLOSE and UNSELECT: leave the selected mailbox, with or without removing ``\Deleted`` messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.dispatch import command, no_arguments
from gromox.imap.expunging import Expunging
from gromox.imap.machine import SELECTED, Event
from gromox.imap.replies import Reply, Stream
from gromox.store.errors import DeniedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.imap.selected import Selected
    from gromox.imap.session import Session


@command("CLOSE", SELECTED, no_arguments, durable=True)
def close(session: Session, _args: None) -> Reply | Stream:
    r"""Remove the ``\Deleted`` messages without a word, and deselect.

    Spec:
        RFC 3501 6.4.2: nothing is removed after EXAMINE; no EXPUNGE is sent.
    """
    here = session.here
    if here.read_only or here.gone:
        return _closed()
    return Stream(_expunge(here), _closed)


def _expunge(here: Selected) -> Iterator[Sequence[bytes]]:
    work = Expunging(here, here.known_uids())
    try:
        yield from work.steps() if work.is_long() else work.at_once()
    except NotFoundError:
        here.gone = True
    except DeniedError:
        pass  # RFC 4314 section 4: CLOSE without the right leaves them


def _closed() -> Reply:
    return Reply("CLOSE completed", event=Event.DESELECTED)


@command("UNSELECT", SELECTED, no_arguments)
def unselect(_session: Session, _args: None) -> Reply:
    """Deselect and remove nothing.

    Spec:
        RFC 3691 section 2.
    """
    return Reply("UNSELECT completed", event=Event.DESELECTED)
