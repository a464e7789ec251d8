"""Message classes and the Content-Class fields that stand for them, [MS-OXCMAIL] 2.1.3.2 and 2.2.3.2."""

from __future__ import annotations

import re
from typing import Final

NOTE: Final = "IPM.Note"
SMIME: Final = "IPM.Note.SMIME"
SIGNED: Final = "IPM.Note.SMIME.MultipartSigned"
REPORT: Final = "REPORT."

_BY_CONTENT_CLASS: Final = {
    "fax": "IPM.Note.Microsoft.Fax",
    "fax-ca": "IPM.Note.Microsoft.Fax.CA",
    "missedcall": "IPM.Note.Microsoft.Missed.Voice",
    "voice-uc": "IPM.Note.Microsoft.Conversation.Voice",
    "voice-ca": "IPM.Note.Microsoft.Voicemail.UM.CA",
    "voice": "IPM.Note.Microsoft.Voicemail.UM",
    "sharing": "IPM.Sharing",
}
_CONTENT_CLASSES: Final = {message_class.lower(): name for name, message_class in _BY_CONTENT_CLASS.items()}
_PREFIXES: Final = (("urn:content-class:custom.", "IPM.Note.Custom."), ("infopathform.", "IPM.InfoPathForm."))
_SUFFIX: Final = re.compile(r"[A-Za-z0-9._{}-]{1,200}\Z")


def class_of_content_class(content_class: str) -> str:
    """Return the class that a Content-Class field asks for; that of mail if it asks for none."""
    folded = content_class.strip().lower()
    if folded in _BY_CONTENT_CLASS:
        return _BY_CONTENT_CLASS[folded]
    for prefix, message_class in _PREFIXES:
        suffix = content_class.strip()[len(prefix) :]
        if folded.startswith(prefix) and _SUFFIX.match(suffix) and not suffix.endswith("."):
            return message_class + suffix
    return NOTE


def content_class_of(message_class: str) -> str:
    """Return the Content-Class field for a class, empty if it needs none."""
    folded = message_class.lower()
    if folded in _CONTENT_CLASSES:
        return _CONTENT_CLASSES[folded]
    for prefix, wanted in _PREFIXES:
        if folded.startswith(wanted.lower()) and not folded.endswith((".smime", ".multipartsigned")):
            return prefix + message_class[len(wanted) :]
    return ""
