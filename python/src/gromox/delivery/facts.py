"""What rules and automatic replies have to know that stands in the user database.

It is asked only for mailboxes that have rules or whose owner is absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.directory import domain as domains
from gromox.directory import names, user
from gromox.directory.errors import NotFoundError
from gromox.directory.status import DisplayType
from gromox.mapi import tags
from gromox.store.rule.model import Addressed, MeetingPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.delivery.routing import Local
    from gromox.delivery.spool_file import Envelope
    from gromox.directory.directory import Directory
    from gromox.directory.user_record import UserInfo

#: Begins the option by which a mail tells for whom its recipients act ([MS-OXORULE] 2.2.5.1, OP_DELEGATE).
DELEGATED_FOR: Final = "DELEGATED-FOR="
#: Octets in which the type of an invitation is looked for whatever its case.
_LOOKED_AT: Final = 64 << 10
#: The protocol of mails that mailboxes send by themselves; no client can say it.
RULE_PROTOCOL: Final = "RULE"


def addressed(
    directory: Directory, to: Local, envelope: Envelope, *, notes_meetings: bool = False
) -> Addressed:
    """Return what is known of a mail and of the owner of the mailbox it goes to.

    Args:
        directory: the user database.
        to: the mailbox.
        envelope: of the mail.
        notes_meetings: ``lda_mrautoproc``: note invitations in the calendars of all users.

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
        meetings=_policy(owner, notes_meetings=notes_meetings),
        timezone=owner.timezone,
        delegated_for=_delegated_for(envelope),
    )


def _policy(owner: UserInfo, *, notes_meetings: bool) -> MeetingPolicy | None:
    """Return what a mailbox does about invitations.

    Rooms and equipment are booked unless their property says otherwise; users only if theirs says so.
    """
    is_resource = owner.display_type in (DisplayType.ROOM, DisplayType.EQUIPMENT)
    accepts = bool(owner.properties.get(tags.PidTagScheduleInfoAutoAcceptAppointments, is_resource))
    if not accepts:
        return MeetingPolicy(accepts=False) if notes_meetings else None
    return MeetingPolicy(
        accepts=True,
        declines_recurring=bool(owner.properties.get(tags.PidTagScheduleInfoDisallowRecurringAppts, False)),
        declines_conflicts=bool(
            owner.properties.get(tags.PidTagScheduleInfoDisallowOverlappingAppts, is_resource)
        ),
    )


def options_of(delegated_for: str) -> Sequence[str]:
    """Return the options of a mail that a rule passes to delegates."""
    return (DELEGATED_FOR + delegated_for,) if delegated_for else ()


def may_invite(mail: bytes) -> bool:
    """Tell whether a mail may hold an invitation; cheap, and right where it says no."""
    return b"text/calendar" in mail or b"text/calendar" in mail[:_LOOKED_AT].lower()


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
