"""What rules and automatic replies have to know that stands in the user database.

It is asked only for mailboxes that have rules or whose owner is absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.directory import domain as domains
from gromox.directory import names, user
from gromox.directory.errors import NotFoundError
from gromox.store.rule.model import Addressed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.delivery.routing import Local
    from gromox.delivery.spool_file import Envelope
    from gromox.directory.directory import Directory

#: Begins the option by which a mail tells for whom its recipients act ([MS-OXORULE] 2.2.5.1, OP_DELEGATE).
DELEGATED_FOR: Final = "DELEGATED-FOR="
#: The protocol of mails that mailboxes send by themselves; no client can say it.
RULE_PROTOCOL: Final = "RULE"


def addressed(directory: Directory, to: Local, envelope: Envelope) -> Addressed:
    """Return what is known of a mail and of the owner of the mailbox it goes to.

    Raises:
        UnavailableError: the database does not answer.
    """
    owner = user.get(directory, to.username)
    known = {owner.username, *owner.aliases}
    return Addressed(
        envelope.sender,
        owner.username,
        frozenset(address.casefold() for address in known if "@" in address),
        display_name=owner.display_name,
        is_internal=_is_internal(directory, envelope.sender, owner.username),
        delegated_for=_delegated_for(envelope),
    )


def options_of(delegated_for: str) -> Sequence[str]:
    """Return the options of a mail that a rule passes to delegates."""
    return (DELEGATED_FOR + delegated_for,) if delegated_for else ()


def is_delegated(envelope: Envelope) -> bool:
    """Tell whether a rule passed the mail to its recipients as delegates."""
    return envelope.protocol == RULE_PROTOCOL and bool(_delegated_for(envelope))


def _delegated_for(envelope: Envelope) -> str:
    if envelope.protocol != RULE_PROTOCOL:
        return ""
    found = (each.removeprefix(DELEGATED_FOR) for each in envelope.options if each.startswith(DELEGATED_FOR))
    return next(found, "")


def _is_internal(directory: Directory, sender: str, owner: str) -> bool:
    """Tell whether two addresses belong to one domain, or to domains of one organisation."""
    theirs, ours = _domain_of(sender), _domain_of(owner)
    if not theirs or theirs == ours:
        return bool(theirs)
    try:
        organisation = domains.get(directory, theirs).org_id
        return organisation != 0 and organisation == domains.get(directory, ours).org_id
    except NotFoundError:
        return False


def _domain_of(address: str) -> str:
    key = names.lookup_key(address)
    return key.rpartition("@")[2] if key is not None else ""
