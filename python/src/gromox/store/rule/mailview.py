"""A mail that is being delivered, as the conditions of rules see it: before it stands in any folder.

Spec: [MS-OXCMSG] 2.2.1 (properties of messages); [MS-OXOMSG] 2.2.1.4 ff. (to whom it was addressed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.mail import message_from_mail
from gromox.mapi import tags
from gromox.mapi.message import RecipientType
from gromox.store.extract import filetime
from gromox.store.property.mail import hooks_in
from gromox.store.property.naming import named_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeAlias

    from gromox.mapi.message import Message, PropertyBag
    from gromox.mapi.propname import PropertyName
    from gromox.mapi.propvalue import PropValue
    from gromox.store.extract import Extract
    from gromox.store.model import NewMail
    from gromox.store.rule.model import Addressed

    Getter: TypeAlias = Callable[[int], PropValue | None]

_FIRST_NAMED: Final = 0x8000
_HAS_ATTACHMENT: Final = 0x10
_ADDRESSES: Final = (tags.PidTagSmtpAddress, tags.PidTagEmailAddress)


class MailView:
    """Converted once, when the first condition asks."""

    __slots__ = ("_addressed", "_extract", "_mail", "_message", "_name_of", "_own", "_received")

    def __init__(
        self,
        mail: NewMail,
        extract: Extract,
        addressed: Addressed,
        *,
        received: float,
        name_of: Callable[[int], PropertyName | None],
    ) -> None:
        """Look at a mail.

        Args:
            mail: its octets.
            extract: what its rows will say.
            addressed: what the envelope said.
            received: Unix seconds.
            name_of: the name that an identifier of a named property has in this mailbox.
        """
        self._mail, self._extract, self._addressed = mail, extract, addressed
        self._received, self._name_of = received, name_of
        self._message: Message | None = None
        self._own: dict[int, PropValue] = {}

    @property
    def message(self) -> Message:
        """Return the mail as a message."""
        if self._message is None:
            self._message = message_from_mail(
                self._mail.octets,
                self._mail.scanned,
                received=self._received,
                hooks=hooks_in(self._addressed.timezone),
            )
            self._own = self._derived(self._message)
        return self._message

    def of(self, names: Mapping[int, PropertyName]) -> Getter:
        """Return how a condition asks for values; ``names`` are those that an extended rule brings along."""

        def get(tag: int) -> PropValue | None:
            bag = self.message.properties
            if tag in self._own:
                return self._own[tag]
            return _value(bag, tag, lambda prop_id: names.get(prop_id) or self._name_of(prop_id))

        return get

    def parts(self, names: Mapping[int, PropertyName]) -> Callable[[int], Iterable[Getter]]:
        """Return how a condition asks for recipients and attachments."""

        def named(prop_id: int) -> PropertyName | None:
            return names.get(prop_id) or self._name_of(prop_id)

        def bags(tag: int) -> list[PropertyBag]:
            if tag == tags.PidTagMessageRecipients:
                return [each.properties for each in self.message.recipients]
            if tag == tags.PidTagMessageAttachments:
                return [each.properties for each in self.message.attachments]
            return []

        return lambda tag: [_getter(bag, named) for bag in bags(tag)]

    def derived(self) -> dict[int, PropValue]:
        """Return what only the delivery knows and the message keeps: whether the owner was addressed."""
        own = self._own if self._message is not None else self._derived(self.message)
        kept = {tag: own[tag] for tag in _KEPT}
        represented = self._addressed.delegated_for
        if represented:  # [MS-OXORULE] 3.2.5.1, OP_DELEGATE
            kept |= {
                tags.PidTagReceivedRepresentingName: represented,
                tags.PidTagReceivedRepresentingAddressType: "SMTP",
                tags.PidTagReceivedRepresentingEmailAddress: represented,
                tags.PidTagReceivedRepresentingSmtpAddress: represented,
                tags.PidTagReceivedRepresentingSearchKey: f"SMTP:{represented.upper()}\0".encode(),
                tags.PidTagDelegatedByRule: True,
            }
        return kept

    def _derived(self, message: Message) -> dict[int, PropValue]:
        extract = self._extract
        to_me = self._names_owner(message, RecipientType.TO)
        cc_me = self._names_owner(message, RecipientType.CC)
        flags = message.properties.number(tags.PidTagMessageFlags)
        if extract.has_attachment:
            flags |= _HAS_ATTACHMENT
        return {
            tags.PidTagMessageSize: extract.size,
            tags.PidTagMessageSizeExtended: extract.size,
            tags.PidTagMessageDeliveryTime: filetime(self._received),
            tags.PidTagHasAttachments: extract.has_attachment,
            tags.PidTagMessageFlags: flags,
            tags.PidTagSubject: extract.subject,
            tags.PidTagNormalizedSubject: extract.normalized_subject,
            tags.PidTagDisplayTo: extract.display_to,
            tags.PidTagDisplayCc: extract.display_cc,
            tags.PidTagImportance: extract.importance,
            tags.PidTagMessageToMe: to_me,
            tags.PidTagMessageCcMe: cc_me,
            tags.PidTagMessageRecipientMe: to_me or cc_me,
        }

    def _names_owner(self, message: Message, kind: int) -> bool:
        return any(
            each.properties.text(tag).casefold() in self._addressed.addresses
            for each in message.recipients
            if each.properties.number(tags.PidTagRecipientType) == kind
            for tag in _ADDRESSES
        )


_KEPT: Final = (tags.PidTagMessageToMe, tags.PidTagMessageCcMe, tags.PidTagMessageRecipientMe)


def _getter(bag: PropertyBag, named: Callable[[int], PropertyName | None]) -> Getter:
    return lambda tag: _value(bag, tag, named)


def _value(bag: PropertyBag, tag: int, named: Callable[[int], PropertyName | None]) -> PropValue | None:
    prop_id = tag >> 16
    if prop_id < _FIRST_NAMED:
        return bag.get(tag)
    name = named(prop_id)
    if name is None or name.which is None:
        return None
    return named_value(bag, name, tag & 0xFFFF)
