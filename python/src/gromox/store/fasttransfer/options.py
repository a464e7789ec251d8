"""What a client wants of a FastTransfer stream."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from gromox.store.errors import InvalidValueError

ALL_SEND_OPTIONS: Final = 0x7F
RECIPIENTS: Final = 0x0E12000D
"""PidTagMessageRecipients: stands for all of them."""
ATTACHMENTS: Final = 0x0E13000D
"""PidTagMessageAttachments"""
SUBFOLDERS: Final = 0x360E000D
"""PidTagContainerHierarchy"""
MESSAGES: Final = 0x360F000D
"""PidTagContainerContents"""
ASSOCIATED: Final = 0x3610000D
"""PidTagFolderAssociatedContents"""


class SendOption(IntFlag):
    """SendOptions, [MS-OXCFXICS] 2.2.3.1.1.1.1."""

    UNICODE = 0x01
    USE_CPID = 0x02
    RECOVER_MODE = 0x04
    FORCE_UNICODE = 0x08
    PARTIAL_ITEM = 0x10

    @classmethod
    def of_wire(cls, value: int) -> SendOption:
        """Read the field of a ROP. Raises InvalidValueError: it has unknown bits (3.2.5.8.1.1)."""
        if value & ~ALL_SEND_OPTIONS:
            raise InvalidValueError(f"unknown send options: 0x{value:02x}")
        return cls(value & 0x1F)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which properties and parts of the objects directly in the scope of an operation are told.

    Spec: [MS-OXCFXICS] 3.2.5.10.
    """

    tags: frozenset[int] = frozenset()
    is_only: bool = False
    """Only those (CopyProperties, OnlySpecifiedProperties), instead of all but those (CopyTo)."""

    def admits(self, tag: int) -> bool:
        """Tell whether a property, or a part that goes by a tag, is told."""
        return any(tag >> 16 == each >> 16 for each in self.tags) is self.is_only


@dataclass(frozen=True, slots=True)
class TransferOptions:
    """How a stream is written."""

    send: SendOption = SendOption.UNICODE
    code_page: int = 1252
    """Of text that is not told as Unicode: that of the connection."""
    selection: Selection | None = None
    has_parts: bool = True
    """Level 0: recipients, attachments, messages and sub-folders are told as well."""
    is_best_body: bool = False
    """Only the body that counts ([MS-OXBBODY] 2.1.3)."""
    is_move: bool = False
    """What the client may not delete is not told."""
    has_ids: bool = False
    """SendEntryId: identification of messages and changes is told."""
