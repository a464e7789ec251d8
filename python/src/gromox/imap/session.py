"""One connection's state, as command handlers see it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.machine import TRANSITIONS, Event, State
from gromox.imap.places import Places
from gromox.imap.selected import PLAIN, Style
from gromox.imap.sequence import SAVED
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Collection

    from gromox.base.wire import Peer
    from gromox.directory.auth import Account
    from gromox.imap.notification import Notification
    from gromox.imap.places import Place
    from gromox.imap.selected import Selected
    from gromox.imap.sequence import SequenceSet
    from gromox.imap.services import Services
    from gromox.store.mailbox import Mailbox

_NOTHING: Final = UidSet()


class Session:
    """From the greeting to the end; handlers read and change it, the connection acts on it."""

    __slots__ = (
        "_places",
        "account",
        "compressed",
        "condstore",
        "depends",
        "enabled",
        "failed_logins",
        "language",
        "notification",
        "peer",
        "policy",
        "rev2",
        "saved",
        "selected",
        "services",
        "state",
        "style",
        "tag",
        "tls",
        "user",
        "utf8",
    )

    def __init__(self, services: Services, peer: Peer) -> None:
        """Begin not authenticated."""
        self.services, self.peer, self.policy = services, peer, services.policy
        self.state = State.NOT_AUTHENTICATED
        self.tls = peer.tls
        self.compressed = False
        #: The tag of the command that runs; ESEARCH repeats it.
        self.tag = b""
        self.account: Account | None = None
        #: As given at login, for the log.
        self.user = ""
        self.selected: Selected | None = None
        self.enabled: frozenset[bytes] = frozenset()
        #: The client uses CONDSTORE: MODSEQ stands in FETCH lines from then on. RFC 7162 section 3.1.
        self.condstore = False
        #: What follows from that: whether IMAP4rev2 is spoken (RFC 9051 section 6.3.1), whether names and
        #: strings are UTF-8 in both directions (RFC 9051 5.1, RFC 6855 section 3), how changes are told.
        self.rev2 = self.utf8 = False
        self.style = PLAIN
        self.failed_logins = 0
        #: In which texts for people are said; empty until LANGUAGE chose one. RFC 5255.
        self.language = ""
        #: What NOTIFY asked for; None: as without NOTIFY.
        self.notification: Notification | None = None
        #: UIDs of the last SEARCH with RETURN (SAVE) in the selected mailbox. RFC 5182.
        self.saved = _NOTHING
        #: The answer of this round has to wait until the mailbox is durable.
        self.depends = False
        self._places: Places | None = None

    @property
    def places(self) -> Places:
        """The mailboxes that the user can reach; only after login."""
        if self._places is None:
            raise CommandError("log in first")
        return self._places

    @property
    def mailbox(self) -> Mailbox:
        """The mailbox of the user; only after login."""
        return self.places.own

    def locate(self, name: str) -> Place:
        """Return the mailbox that a name leads to, and the name in it."""
        return self.places.locate(name)

    @property
    def here(self) -> Selected:
        """The selected mailbox; only in the selected state."""
        if self.selected is None:
            raise CommandError("select a mailbox first")
        return self.selected

    @property
    def secured_peer(self) -> Peer:
        """The peer as it is after STARTTLS."""
        return self.peer if self.peer.tls is self.tls else replace(self.peer, tls=self.tls)

    def may_log_in(self) -> bool:
        """Tell whether passwords may come over this connection."""
        return self.tls or not self.policy.force_tls

    def enter(self, account: Account, mailbox: Mailbox) -> None:
        """Be logged in."""
        self.account, self._places = account, Places(self.services, account, mailbox)

    def move(self, event: Event) -> None:
        """Change the state as the table says."""
        self.state = TRANSITIONS[self.state, event]
        if self.state is not State.SELECTED:
            self.selected = None
            self.saved = _NOTHING
            if self._places is not None:
                self._places.pinned = None

    def numbered(self, numbers: SequenceSet, *, uid: bool) -> UidSet:
        """Return the UIDs that a sequence set means in the selected mailbox."""
        here = self.here
        if here.uid_only and not uid and numbers is not SAVED:
            raise BadCommandError("message numbers are not used any more", "UIDREQUIRED")
        return self.saved & here.known_uids() if numbers is SAVED else here.uids(numbers, uid=uid)

    def enable_condstore(self) -> None:
        """Note that the client has shown to know CONDSTORE."""
        if not self.condstore:
            self.condstore = True
            self._attune()

    def enable(self, names: Collection[bytes]) -> None:
        """Enable extensions, for all that is said from now on. RFC 5161 section 3.1."""
        self.enabled |= frozenset(names)
        # RFC 7162 3.2.3: QRESYNC is CONDSTORE and more.
        self.condstore = self.condstore or not self.enabled.isdisjoint((b"CONDSTORE", b"QRESYNC"))
        self._attune()

    def _attune(self) -> None:
        """Work out what follows from what the client enabled."""
        enabled = self.enabled
        self.rev2 = b"IMAP4REV2" in enabled
        self.utf8 = self.rev2 or b"UTF8=ACCEPT" in enabled
        uid_only = b"UIDONLY" in enabled
        self.style = Style(self.condstore, uid_only or b"QRESYNC" in enabled, uid_only)
        if self.selected is not None:
            self.selected.adopt(self.style)

    def durables(self) -> tuple[Mailbox, ...]:
        """Return what the answer of this round depends on."""
        return self._places.mailboxes() if self.depends and self._places is not None else ()

    def reset(self) -> None:
        """Be as before the login. RFC 8437 section 4.1."""
        self.move(Event.UNAUTHENTICATED)
        self.release()
        self.enabled = frozenset()
        self.condstore, self.user, self.language = False, "", ""
        self._attune()

    def release(self) -> None:
        """Let go of everything that other sessions share."""
        self.selected = None
        if self._places is not None:
            self._places.release()
        if self.account is not None:
            self.services.sessions.give_back(self.account.username)
        self._places = self.account = self.notification = None
