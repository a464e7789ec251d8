"""Names of streams and storages, and the entries of property streams.

Spec: [MS-OXMSG] 2.1 (properties), 2.2 (storages), 2.4 (property stream).
"""

from __future__ import annotations

import struct
from typing import Final

from gromox.mapi.proptypes import WIDTHS, PropType

PROPERTIES: Final = "__properties_version1.0"
NAMES: Final = "__nameid_version1.0"
RECIPIENT: Final = "__recip_version1.0_#"
ATTACHMENT: Final = "__attach_version1.0_#"
VALUE: Final = "__substg1.0_"

#: Octets before the entries: of the message, of one in an attachment, of recipients and attachments.
TOP_HEADER: Final = 32
EMBEDDED_HEADER: Final = 24
PART_HEADER: Final = 8
#: Tag, flags, and eight octets of value or size.
ENTRY: Final = struct.Struct("<II8s")
READABLE_WRITABLE: Final = 6
#: What stands for the size of an embedded message or storage, 2.4.2.2.
OBJECT_SIZE: Final = 0xFFFFFFFF
EMBEDDED_MARK: Final = 1
STORAGE_MARK: Final = 4

#: Types whose value stands in the entry.
FIXED: Final = WIDTHS.keys() - {PropType.GUID}
#: Sizes of elements of the multi-value types that have one stream.
ELEMENTS: Final = {
    kind: octets
    for kind, octets in WIDTHS.items()
    if kind not in (PropType.ERROR_CODE, PropType.BOOLEAN)  # of which there are no several values
}
#: Types whose value is a stream of its own.
STREAMS: Final = frozenset([PropType.STRING8, PropType.STRING, PropType.BINARY, PropType.GUID])
#: Those of them that can be multiple.
MULTIPLE_STREAMS: Final = frozenset([PropType.STRING8, PropType.STRING, PropType.BINARY])

FIRST_NAMED: Final = 0x8000


def value_name(tag: int, index: int | None = None) -> str:
    """Return the name of a value's stream, or of one value of several."""
    name = f"{VALUE}{tag:08X}"
    return name if index is None else f"{name}-{index:08X}"
