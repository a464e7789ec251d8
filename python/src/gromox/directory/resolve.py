"""Where mail for an address goes.

Spec:
    Fact sheets protocols.md (alias_resolve, recipient check) and db-schema.md (mlists, associations,
    specifieds, "Login resolution": alias map, contacts, caching); config.md lda_recipient_delimiter,
    mysql_object_cache_lifetime.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.directory import mlist, names
from gromox.directory.recipient_query import Target, find_domain, find_target
from gromox.directory.status import (
    DOMAIN_STATUS_MASK,
    USER_STATUS_MASK,
    AddressStatus,
    DisplayType,
    DomainStatus,
    ListPrivilege,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gromox.directory.directory import Directory

#: Contacts may point at contacts or aliases here; more steps than this are a loop.
_MAX_STEPS: Final = 8
_MAX_ENTRIES: Final = 200_000
_NEGATIVE_LIFETIME: Final = 5.0


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox of this system; ``detail`` is what stood behind the delimiter."""

    user_id: int
    username: str
    maildir: Path
    homeserver: int
    lang: str
    domain_id: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MailList:
    """A distribution list; :meth:`Resolver.expand` gives its members."""

    list_id: int
    address: str
    privilege: ListPrivilege
    domain_id: int


@dataclass(frozen=True, slots=True)
class External:
    """An address elsewhere: that of a contact, or one of a foreign domain."""

    address: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The domain is ours, the address is nobody's."""

    address: str


@dataclass(frozen=True, slots=True)
class Disabled:
    """The address exists but receives nothing; ``reason`` is for the log."""

    address: str
    reason: str


Recipient: TypeAlias = Mailbox | MailList | External | Unknown | Disabled


@dataclass(frozen=True, slots=True)
class Expansion:
    """The members of a list after nested ones were followed, or why the sender may not use it."""

    verdict: mlist.Verdict
    recipients: tuple[Recipient, ...] = ()


class Resolver:
    """Answers what an address stands for; one per process, safe to use from threads.

    Answers are remembered for ``lifetime`` seconds, "unknown" for at most five: a new user must not wait for
    a minute.
    """

    def __init__(self, directory: Directory, delimiter: str = "", *, lifetime: float = 60.0) -> None:
        """Resolve with ``directory``; each character of ``delimiter`` begins an address extension."""
        self.directory, self._delimiter, self._lifetime = directory, delimiter, lifetime
        self._answers: OrderedDict[str, tuple[float, Recipient]] = OrderedDict()
        self._domains: dict[str, tuple[float, DomainStatus | None]] = {}
        self._lock = threading.Lock()
        self._generation = 0
        directory.on_change(self.forget_all)

    def recipient(self, address: str) -> Recipient:
        """Return what an address stands for; the exact one wins over the one without extension.

        Raises:
            UnavailableError: the database does not answer; try again later.
        """
        key = names.lookup_key(address)
        if key is None or "@" not in key:
            return self._foreign(address)
        now = self.directory.clock.monotonic()
        remembered = self._answers.get(key)
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        generation = self._generation
        answer = self._resolve(key, 0)
        self._remember(key, answer, now, generation)
        return answer

    def recipients(self, addresses: Iterable[str]) -> Mapping[str, Recipient]:
        """Return what each of the addresses stands for."""
        return {address: self.recipient(address) for address in addresses}

    def is_local_domain(self, domain: str) -> bool:
        """Tell whether mail for a domain ends here: the domain exists and is not suspended or deleted."""
        return self.domain_status(domain) is DomainStatus.NORMAL

    def domain_status(self, domain: str) -> DomainStatus | None:
        """Return the status of a domain of this system; None: it is not ours.

        Raises:
            UnavailableError: the database does not answer.
        """
        key = names.lookup_key(f"x@{domain}")
        if key is None:
            return None
        name, now = key[2:], self.directory.clock.monotonic()
        remembered = self._domains.get(name)
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        generation = self._generation
        status = find_domain(self.directory, name)
        lifetime = self._lifetime if status is not None else min(self._lifetime, _NEGATIVE_LIFETIME)
        with self._lock:
            if generation == self._generation:
                if len(self._domains) >= _MAX_ENTRIES:
                    self._domains.clear()
                self._domains[name] = (now + lifetime, status)
        return status

    def expand(self, target: MailList, sender: str) -> Expansion:
        """Return everybody a mail from ``sender`` to a list is for, each once.

        Lists in lists are followed eight deep; who may not write to an inner list does not reach it. External
        members and members that are unknown or disabled are among the recipients, for the caller to deal
        with.

        Raises:
            UnavailableError: the database does not answer.
        """
        verdict, addresses = mlist.expand(self.directory, target.list_id, sender)
        if verdict is not mlist.Verdict.ALLOWED:
            return Expansion(verdict)
        unique: dict[str, Recipient] = {}
        for address in addresses:
            found = self.recipient(address)
            if isinstance(found, MailList):
                continue
            unique.setdefault(found.username if isinstance(found, Mailbox) else found.address.lower(), found)
        return Expansion(verdict, tuple(unique.values()))

    def forget_all(self) -> None:
        """Drop what is remembered."""
        with self._lock:
            self._generation += 1
            self._answers.clear()
            self._domains.clear()

    def _resolve(self, key: str, steps: int) -> Recipient:
        target = find_target(self.directory, key)
        if target is not None:
            return self._answer(key, target, "", steps)
        for base, detail in self._without_extension(key):
            target = find_target(self.directory, base)
            if target is not None:
                return self._answer(key, target, detail, steps)
        return self._foreign(key)

    def _without_extension(self, key: str) -> Iterable[tuple[str, str]]:
        """Yield shorter addresses, the longest first: for ``a+b+c@d`` these are ``a+b@d`` and ``a@d``."""
        local, _, domain = key.rpartition("@")
        for position in range(len(local) - 1, 0, -1):
            if local[position] in self._delimiter:
                yield f"{local[:position]}@{domain}", local[position + 1 :]

    def _answer(self, key: str, target: Target, detail: str, steps: int) -> Recipient:
        user_status = target.address_status & USER_STATUS_MASK
        if target.address_status & DOMAIN_STATUS_MASK:
            return Disabled(key, "domain disabled")
        if target.display_type == DisplayType.CONTACT or user_status == AddressStatus.CONTACT:
            return self._contact(key, target, steps)
        if user_status not in (AddressStatus.NORMAL, AddressStatus.SHARED):
            return Disabled(key, "account disabled")
        if target.list_id is not None:
            return MailList(target.list_id, target.username, target.list_privilege, target.domain_id)
        if target.display_type == DisplayType.LIST or not target.maildir:
            return Disabled(key, "no mailbox")
        return Mailbox(
            user_id=target.user_id,
            username=target.username,
            maildir=Path(target.maildir),
            homeserver=target.homeserver,
            lang=target.lang,
            domain_id=target.domain_id,
            detail=detail,
        )

    def _contact(self, key: str, target: Target, steps: int) -> Recipient:
        address = names.lookup_key(target.smtp_address) or target.smtp_address
        if not address or address == key:
            return Disabled(key, "contact without address")
        if steps >= _MAX_STEPS:
            return Disabled(key, "contacts refer to each other in a circle")
        return (
            self._resolve(address, steps + 1) if "@" in address else Disabled(key, "contact without address")
        )

    def _foreign(self, address: str) -> Recipient:
        domain = names.split(address)[1]
        if not domain:
            return Unknown(address)
        status = self.domain_status(domain)
        if status is None:
            return External(address)
        return Unknown(address) if status is DomainStatus.NORMAL else Disabled(address, "domain disabled")

    def _remember(self, key: str, answer: Recipient, now: float, generation: int) -> None:
        lasting = isinstance(answer, Mailbox | MailList | Disabled)
        lifetime = self._lifetime if lasting else min(self._lifetime, _NEGATIVE_LIFETIME)
        if not lifetime:
            return
        with self._lock:
            if generation == self._generation:
                if len(self._answers) >= _MAX_ENTRIES:
                    self._answers.clear()
                self._answers[key] = (now + lifetime, answer)
