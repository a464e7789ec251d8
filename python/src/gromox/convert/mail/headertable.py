"""The header fields that have a property, as one table read in both directions.

Spec: [MS-OXCMAIL] 2.1.3.2 (writing) and 2.2.3.2 (reading). Reply-By is written without PidLidFlagRequest too:
what came in goes out again. Address fields stand in :mod:`gromox.convert.mail.envelope`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.convert.mail import value
from gromox.mapi import named, tags

if TYPE_CHECKING:
    from gromox.convert.mail.value import Kind
    from gromox.mapi.message import PropertyKey


@dataclass(frozen=True, slots=True)
class Row:
    """One field.

    ``rank`` orders fields of one property when reading: a lower one counts more. ``is_written`` is off for
    other names of a field that already stands in the table.
    """

    header: str
    key: PropertyKey
    kind: Kind
    rank: int = 0
    is_written: bool = True


_ORGANIZATION: Final = "X-MS-Exchange-Organization-"

#: In the order in which they are written.
ROWS: Final = (
    Row("Date", tags.PidTagClientSubmitTime, value.DATE),
    Row("Message-ID", tags.PidTagInternetMessageId, value.MESSAGE_ID),
    Row("In-Reply-To", tags.PidTagInReplyToId, value.MESSAGE_IDS),
    Row("References", tags.PidTagInternetReferences, value.MESSAGE_IDS),
    Row("Thread-Topic", tags.PidTagConversationTopic, value.TEXT),
    Row("Thread-Index", tags.PidTagConversationIndex, value.BASE64),
    Row("Importance", tags.PidTagImportance, value.IMPORTANCE),
    Row("Priority", tags.PidTagImportance, value.PRIORITY, rank=1, is_written=False),
    Row("X-Priority", tags.PidTagImportance, value.X_PRIORITY, rank=2),
    Row("X-MSMail-Priority", tags.PidTagImportance, value.IMPORTANCE, rank=3, is_written=False),
    Row("Sensitivity", tags.PidTagSensitivity, value.SENSITIVITY),
    Row("Expires", tags.PidTagExpiryTime, value.DATE),
    Row("Expiry-Date", tags.PidTagExpiryTime, value.DATE, rank=1, is_written=False),
    Row("Reply-By", tags.PidTagReplyTime, value.DATE),
    Row("Keywords", named.PidNameKeywords, value.KEYWORDS),
    Row("X-Message-Flag", named.PidLidFlagRequest, value.TEXT),
    Row("X-Auto-Response-Suppress", tags.PidTagAutoResponseSuppress, value.SUPPRESS),
    Row("List-Help", tags.PidTagListHelp, value.TEXT),
    Row("X-List-Help", tags.PidTagListHelp, value.TEXT, rank=1, is_written=False),
    Row("List-Subscribe", tags.PidTagListSubscribe, value.TEXT),
    Row("X-List-Subscribe", tags.PidTagListSubscribe, value.TEXT, rank=1, is_written=False),
    Row("List-Unsubscribe", tags.PidTagListUnsubscribe, value.TEXT),
    Row("X-List-Unsubscribe", tags.PidTagListUnsubscribe, value.TEXT, rank=1, is_written=False),
    Row("Accept-Language", named.PidNameAcceptLanguage, value.TEXT),
    Row("X-Accept-Language", named.PidNameAcceptLanguage, value.TEXT, rank=1, is_written=False),
    Row("Content-Class", named.PidNameContentClass, value.TEXT),
    Row("Content-Base", named.PidNameContentBase, value.TEXT),
    Row("Content-ID", tags.PidTagBodyContentId, value.MESSAGE_ID),
    Row("Content-Location", tags.PidTagBodyContentLocation, value.TEXT),
    Row("Xref", named.PidNameCrossReference, value.TEXT),
    Row("X-MS-TNEF-Correlator", tags.PidTagTnefCorrelationKey, value.BASE64),
    Row("X-Microsoft-Classified", named.PidLidClassified, value.BOOLEAN),
    Row("X-Microsoft-Classification", named.PidLidClassification, value.TEXT),
    Row("X-Microsoft-ClassDesc", named.PidLidClassificationDescription, value.TEXT),
    Row("X-Microsoft-ClassID", named.PidLidClassificationGuid, value.GUID_TEXT),
    Row("X-Microsoft-ClassKeep", named.PidLidClassificationKeep, value.BOOLEAN),
    Row(_ORGANIZATION + "AutoForwarded", tags.PidTagAutoForwarded, value.BOOLEAN),
    Row(_ORGANIZATION + "PRD", tags.PidTagPurportedSenderDomain, value.TEXT),
    Row(_ORGANIZATION + "SCL", tags.PidTagContentFilterSpamConfidenceLevel, value.NUMBER),
    Row(_ORGANIZATION + "SenderIdResult", tags.PidTagSenderIdStatus, value.NUMBER),
    Row("X-CallID", tags.PidTagCallId, value.TEXT),
    Row("X-CallingTelephoneNumber", tags.PidTagSenderTelephoneNumber, value.TEXT),
    Row("X-FaxNumberOfPages", tags.PidTagFaxNumberOfPages, value.NUMBER),
    Row("X-VoiceMessageDuration", tags.PidTagVoiceMessageDuration, value.NUMBER),
    Row("X-VoiceMessageSenderName", tags.PidTagVoiceMessageSenderName, value.TEXT),
    Row("X-AttachmentOrder", tags.PidTagVoiceMessageAttachmentOrder, value.TEXT),
    Row("X-RequireProtectedPlayOnPhone", named.PidNameXRequireProtectedPlayOnPhone, value.BOOLEAN),
    Row("X-Sharing-Browse-Url", named.PidNameXSharingBrowseUrl, value.TEXT),
    Row("X-Sharing-Capabilities", named.PidNameXSharingCapabilities, value.TEXT),
    Row("X-Sharing-Config-Url", named.PidNameXSharingConfigUrl, value.TEXT),
    Row("X-Sharing-Exended-Caps", named.PidNameXSharingExendedCaps, value.TEXT),
    Row("X-Sharing-Flavor", named.PidNameXSharingFlavor, value.TEXT),
    Row("X-Sharing-Instance-Guid", named.PidNameXSharingInstanceGuid, value.TEXT),
    Row("X-Sharing-Local-Type", named.PidNameXSharingLocalType, value.TEXT),
    Row("X-Sharing-Provider-Guid", named.PidNameXSharingProviderGuid, value.TEXT),
    Row("X-Sharing-Provider-Name", named.PidNameXSharingProviderName, value.TEXT),
    Row("X-Sharing-Provider-Url", named.PidNameXSharingProviderUrl, value.TEXT),
    Row("X-Sharing-Remote-Name", named.PidNameXSharingRemoteName, value.TEXT),
    Row("X-Sharing-Remote-Path", named.PidNameXSharingRemotePath, value.TEXT),
    Row("X-Sharing-Remote-Store-Uid", named.PidNameXSharingRemoteStoreUid, value.TEXT),
    Row("X-Sharing-Remote-Type", named.PidNameXSharingRemoteType, value.TEXT),
    Row("X-Sharing-Remote-Uid", named.PidNameXSharingRemoteUid, value.TEXT),
)
BY_HEADER: Final = {row.header.lower().encode("ascii"): row for row in ROWS}
#: Values that say nothing; they are set on every message that is read, and not written.
DEFAULTS: Final[dict[PropertyKey, int]] = {tags.PidTagImportance: 1, tags.PidTagSensitivity: 0}

#: Fields with a part in the structure, the way or the addresses of the mail: they never become named
#: properties, and no named property is written under their names.
OWN: Final = frozenset(
    b"from sender reply-to to cc bcc subject disposition-notification-to return-receipt-to".split()
)
#: The same, and only PidTagTransportMessageHeaders keeps them.
TRACE: Final = frozenset(
    b"received return-path delivered-to x-original-to dkim-signature domainkey-signature arc-seal "
    b"arc-message-signature arc-authentication-results received-spf mime-version content-type "
    b"content-transfer-encoding content-disposition content-description content-md5 content-length lines "
    b"x-ms-has-attach".split()
)
#: Set by servers about mail: not to be believed when it comes from outside.
ORGANIZATION_PREFIX: Final = b"x-ms-exchange-organization-"
