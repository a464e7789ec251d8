"""Objects and their properties for people: the options -t and -p.

Spec: reference/system/cli.md (-p, -p -p, -t; environment variable BIN2TXT_MODE).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TextIO

from gromox.convert.mt import FolderFrame, MessageFrame
from gromox.mapi import tags
from gromox.mapi.message import type_of
from gromox.mapi.propname import NamedProperty
from gromox.mapi.tagnames import by_tag
from gromox.tools.mt.report import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.convert.mt import Frame
    from gromox.mapi.message import Message, PropertyBag, PropertyKey
    from gromox.mapi.propvalue import PropValue

_MODE: Final = "BIN2TXT_MODE"
_SHOWN: Final = 64
_BY_NAME: Final = 2
_PLAIN: Final = frozenset(range(32, 127)) - frozenset(b'"\\')


def _c_string(octets: bytes) -> str:
    return '"' + "".join(chr(one) if one in _PLAIN else f"\\x{one:02x}" for one in octets) + '"'


#: How octets are shown: both as text, as a C string, in hexadecimal, as text.
_MODES: Final[dict[str, Callable[[bytes], str]]] = {
    "co": _c_string,
    "cstr": _c_string,
    "hex": bytes.hex,
    "txt": lambda octets: printable(octets.decode("utf-8", "replace")),
}


@dataclass(frozen=True, slots=True)
class Show:
    """Writes what passes by, if it was asked for."""

    properties: int = 0
    tree: bool = False
    out: TextIO = field(default_factory=lambda: sys.stderr)

    def frame(self, frame: Frame, where: str) -> None:
        """Show a folder or a message."""
        if not (self.tree or self.properties):
            return
        if isinstance(frame, FolderFrame):
            self._line(
                0, f"folder {frame.source_id:#x} in {frame.parent.source_id:#x}: {_name(frame.properties)}"
            )
            self._bag(1, frame.properties)
        elif isinstance(frame, MessageFrame):
            mail = f", mail of {frame.mail.size} octets" if frame.mail is not None else ""
            self._line(0, f"message {where}{mail}")
            self._message(1, frame.message)

    def _message(self, depth: int, message: Message) -> None:
        bag = message.properties
        self._line(depth, f"{bag.text(tags.PidTagMessageClass)}: {bag.text(tags.PidTagSubject)}")
        self._bag(depth + 1, bag)
        for recipient in message.recipients:
            self._line(depth, f"recipient {_name(recipient.properties)}")
            self._bag(depth + 1, recipient.properties)
        for attachment in message.attachments:
            size = attachment.data.size if attachment.data is not None else 0
            name = attachment.properties.text(tags.PidTagAttachLongFilename) or _name(attachment.properties)
            self._line(depth, f"attachment {name}, {size} octets")
            self._bag(depth + 1, attachment.properties)
            if attachment.embedded is not None:
                self._message(depth + 1, attachment.embedded)

    def _bag(self, depth: int, bag: PropertyBag) -> None:
        if self.properties:
            for key, value in bag.items():
                self._line(depth, f"{self._key(key)} = {self._value(value)}")

    def _key(self, key: PropertyKey) -> str:
        if isinstance(key, NamedProperty):
            which = key.which if isinstance(key.which, str) else f"{key.which:#x}"
            return f"{{{key.guid}}},{which},{type_of(key):04x}"
        if self.properties >= _BY_NAME:
            known = by_tag(key)
            if known is not None and known.names:
                return f"{key:08x} {known.names[0]}"
        return f"{key:08x}"

    def _value(self, value: PropValue) -> str:
        if isinstance(value, tuple):
            return "[" + ", ".join(self._value(each) for each in value[:_SHOWN]) + "]"
        if isinstance(value, bytes):
            shown = _MODES.get(os.environ.get(_MODE, "hex"), bytes.hex)(value[:_SHOWN])
            return f"({len(value)}) {shown}"
        return printable(str(value))

    def _line(self, depth: int, text: str) -> None:
        self.out.write(f"{'  ' * depth}{printable(text)}\n")


def _name(bag: PropertyBag) -> str:
    return bag.text(tags.PidTagDisplayName)
