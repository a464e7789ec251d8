"""Names of named properties, [MS-OXCDATA] 2.6.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError

if TYPE_CHECKING:
    from uuid import UUID

    from gromox.codec.packed import Reader, Writer

_KIND_LID: Final = 0
_KIND_NAME: Final = 1
_KIND_NONE: Final = 0xFF
_MAX_NAME: Final = 254  #: octets of UTF-16; the size is one octet


class PropertyName(NamedTuple):
    """A property set with a number (LID) or a text in it; None when a property has no name."""

    guid: UUID
    which: int | str | None

    @classmethod
    def decode(cls, r: Reader) -> PropertyName:
        """Read the wire form.

        Raises:
            ParseError: the kind is unknown or the text is not UTF-16.
        """
        at = r.offset
        kind = r.u8()
        guid = r.guid()
        if kind == _KIND_LID:
            return cls(guid, r.u32())
        if kind == _KIND_NONE:
            return cls(guid, None)
        if kind != _KIND_NAME:
            raise ParseError("a kind of property name (0, 1 or 255)", at)
        octets = r.take(r.u8())
        if len(octets) % 2:
            raise ParseError("an even number of octets of a property name", at)
        return cls(guid, octets.decode("utf-16-le", "surrogatepass").partition("\0")[0])

    def write(self, w: Writer) -> None:
        """Append the wire form.

        Raises:
            ValueError: the text is longer than the layout allows.
        """
        if isinstance(self.which, str):
            octets = self.which.encode("utf-16-le", "surrogatepass") + b"\0\0"
            if len(octets) > _MAX_NAME:
                raise ValueError("a property name has at most 126 characters")
            w.u8(_KIND_NAME)
            w.guid(self.guid)
            w.u8(len(octets))
            w.raw(octets)
        elif self.which is None:
            w.u8(_KIND_NONE)
            w.guid(self.guid)
        else:
            w.u8(_KIND_LID)
            w.guid(self.guid)
            w.u32(self.which)


class NamedProperty(NamedTuple):
    """A well-known named property: its name and the type of its values."""

    guid: UUID
    which: int | str
    type: int

    @property
    def name(self) -> PropertyName:
        """Return the name without the type."""
        return PropertyName(self.guid, self.which)
