"""The correspondents that a message names in properties of its own, as one table.

Spec: [MS-OXOMSG] 2.2.1 and 2.2.2 (origin, delivery, reports), [MS-OXCMSG] 2.2.1 (who made and changed it).
"""

from __future__ import annotations

from typing import Final

from gromox.convert.mail.address import READ_RECEIPT, REPRESENTING, SENDER, Group
from gromox.mapi import tags

#: In no particular order; recipients have :data:`gromox.convert.mail.address.RECIPIENT`.
PARTICIPANTS: Final = (
    SENDER,
    REPRESENTING,
    READ_RECEIPT,
    Group(
        tags.PidTagReceivedByName,
        tags.PidTagReceivedByAddressType,
        tags.PidTagReceivedByEmailAddress,
        tags.PidTagReceivedBySmtpAddress,
        tags.PidTagReceivedByEntryId,
        tags.PidTagReceivedBySearchKey,
    ),
    Group(
        tags.PidTagReceivedRepresentingName,
        tags.PidTagReceivedRepresentingAddressType,
        tags.PidTagReceivedRepresentingEmailAddress,
        tags.PidTagReceivedRepresentingSmtpAddress,
        tags.PidTagReceivedRepresentingEntryId,
        tags.PidTagReceivedRepresentingSearchKey,
    ),
    Group(
        tags.PidTagOriginalSenderName,
        tags.PidTagOriginalSenderAddressType,
        tags.PidTagOriginalSenderEmailAddress,
        0,
        tags.PidTagOriginalSenderEntryId,
        tags.PidTagOriginalSenderSearchKey,
    ),
    Group(
        tags.PidTagOriginalSentRepresentingName,
        tags.PidTagOriginalSentRepresentingAddressType,
        tags.PidTagOriginalSentRepresentingEmailAddress,
        0,
        tags.PidTagOriginalSentRepresentingEntryId,
        tags.PidTagOriginalSentRepresentingSearchKey,
    ),
    Group(
        tags.PidTagOriginalAuthorName,
        tags.PidTagOriginalAuthorAddressType,
        tags.PidTagOriginalAuthorEmailAddress,
        0,
        tags.PidTagOriginalAuthorEntryId,
        tags.PidTagOriginalAuthorSearchKey,
    ),
    # PidTagOriginallyIntendedRecipientName is an entry id in spite of its name, so there is no name.
    Group(
        0,
        tags.PidTagOriginallyIntendedRecipAddrtype,
        tags.PidTagOriginallyIntendedRecipEmailAddress,
        0,
        tags.PidTagOriginallyIntendedRecipEntryId,
        0,
    ),
    Group(tags.PidTagReportName, 0, 0, 0, tags.PidTagReportEntryId, tags.PidTagReportSearchKey),
    Group(
        tags.PidTagNonDeliveryReportFromName,
        0,
        0,
        0,
        tags.PidTagNonDeliveryReportFromEntryId,
        tags.PidTagNonDeliveryReportFromSearchKey,
    ),
    Group(
        tags.PidTagCreatorName,
        tags.PidTagCreatorAddressType,
        tags.PidTagCreatorEmailAddress,
        0,
        tags.PidTagCreatorEntryId,
        0,
    ),
    Group(tags.PidTagLastModifierName, 0, 0, 0, tags.PidTagLastModifierEntryId, 0),
)
