"""Correspondents: address fields to mailboxes and back, and the property groups that hold them.

Spec: [MS-OXCMAIL] 2.1.3.1 and 2.2.3.1 (address elements), [MS-OXOMSG] 2.2.1 (property groups), RFC 5322 3.4,
RFC 6532 3.2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.convert.mail.oneoff import one_off_entry_id, read_one_off
from gromox.mapi import tags
from gromox.mime.address import Address, parse_addresses
from gromox.mime.words import decode_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.convert.mail.hooks import Entry, Resolver, SmtpOf
    from gromox.mapi.message import PropertyBag
    from gromox.mapi.propvalue import PropValue

_CONTROLS: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_NOT_HOST: Final = re.compile(r"[\x00-\x20\x7f-\x9f\"(),;<>@\\\u2028\u2029]+")
_PLAIN_HOST: Final = re.compile(r"[a-zA-Z0-9.-]+\Z")
_NOT_LOCAL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DOT_ATOM: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*\Z")
_LONGEST_NAME: Final = 512
_LONGEST_ADDRESS: Final = 1000


class Mailbox(NamedTuple):
    """A correspondent as mail has it."""

    name: str  #: empty: none is given
    address: str  #: local@domain, the local part quoted where it must be; without "@" if the mail had none


class Group(NamedTuple):
    """The tags of one correspondent's properties; 0: there is no such property."""

    name: int
    address_type: int
    email_address: int
    smtp_address: int
    entry_id: int
    search_key: int


SENDER: Final = Group(
    tags.PidTagSenderName,
    tags.PidTagSenderAddressType,
    tags.PidTagSenderEmailAddress,
    tags.PidTagSenderSmtpAddress,
    tags.PidTagSenderEntryId,
    tags.PidTagSenderSearchKey,
)
REPRESENTING: Final = Group(
    tags.PidTagSentRepresentingName,
    tags.PidTagSentRepresentingAddressType,
    tags.PidTagSentRepresentingEmailAddress,
    tags.PidTagSentRepresentingSmtpAddress,
    tags.PidTagSentRepresentingEntryId,
    tags.PidTagSentRepresentingSearchKey,
)
READ_RECEIPT: Final = Group(
    tags.PidTagReadReceiptName,
    tags.PidTagReadReceiptAddressType,
    tags.PidTagReadReceiptEmailAddress,
    tags.PidTagReadReceiptSmtpAddress,
    tags.PidTagReadReceiptEntryId,
    tags.PidTagReadReceiptSearchKey,
)
RECIPIENT: Final = Group(
    tags.PidTagDisplayName,
    tags.PidTagAddressType,
    tags.PidTagEmailAddress,
    tags.PidTagSmtpAddress,
    tags.PidTagEntryId,
    tags.PidTagSearchKey,
)


def mailbox_of(address: Address) -> Mailbox | None:
    """Return a parsed address, or None if it is empty."""
    name = _name_of(address.name) if address.name else ""
    local = (
        decode_words(address.mailbox or b"") if b"=?" in (address.mailbox or b"") else _text(address.mailbox)
    )
    return _mailbox(name, local, _text(address.host))


def _mailbox(name: str, local: str, host: str) -> Mailbox | None:
    quoted = local if _DOT_ATOM.match(local) else quoted_local(local)
    if not _PLAIN_HOST.match(host):
        host = _NOT_HOST.sub("", host)
    address = f"{quoted}@{host}" if host else quoted
    if len(address) > _LONGEST_ADDRESS:
        return None
    if not host and not local:
        return Mailbox(name, "") if name else None
    return Mailbox(name, address)


def _name_of(octets: bytes) -> str:
    if octets.isascii() and b"=?" not in octets:
        return _clean_name(octets.decode("ascii"))
    return _clean_name(decode_words(octets))


def _text(octets: bytes | None) -> str:
    return octets.decode("utf-8", "replace") if octets else ""


def quoted_local(local: str) -> str:
    """Return a local part that is no dot-atom as a quoted string, RFC 5322 3.4.1."""
    clean = _NOT_LOCAL.sub("", local)
    if not clean or _DOT_ATOM.match(clean):
        return clean
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _clean_name(name: str) -> str:
    if not name.isprintable() or "  " in name:
        name = _CONTROLS.sub(" ", name)
    return name.strip()[:_LONGEST_NAME].rstrip()


def mailboxes(value: bytes, limit: int) -> list[Mailbox]:
    """Return the members of an address field; groups give theirs, RFC 5322 3.4."""
    found = []
    for address in parse_addresses(value, limit):
        if address.host is None:
            continue  # the beginning or the end of a group
        mailbox = mailbox_of(address)
        if mailbox is not None:
            found.append(mailbox)
    return found


class _Known(NamedTuple):
    values: tuple[str, str, str, str, bytes, bytes]  #: in the order of a Group
    entry: Entry | None


class Book:
    """Looks addresses up, each once."""

    __slots__ = ("_known", "_resolver", "_values")

    def __init__(self, resolver: Resolver | None) -> None:
        """Ask this resolver, or nobody."""
        self._resolver = resolver
        self._known: dict[str, Entry | None] = {}
        self._values: dict[Mailbox, _Known] = {}

    def entry(self, address: str) -> Entry | None:
        """Return what the address book knows of an SMTP address."""
        if self._resolver is None or "@" not in address:
            return None
        key = address.lower()
        if key not in self._known:
            self._known[key] = self._resolver(address)
        return self._known[key]

    def put(self, bag: PropertyBag, group: Group, mailbox: Mailbox) -> Entry | None:
        """Set the properties of a correspondent."""
        known = self._values.get(mailbox)
        if known is None:
            known = self._values[mailbox] = self._look_up(mailbox)
        name, address_type, email, address, entry_id, key = known.values
        bag[group.name] = name
        bag[group.address_type] = address_type
        bag[group.email_address] = email
        bag[group.smtp_address] = address
        bag[group.entry_id] = entry_id
        bag[group.search_key] = key
        return known.entry

    def _look_up(self, mailbox: Mailbox) -> _Known:
        entry = self.entry(mailbox.address)
        name = mailbox.name or mailbox.address
        if entry is None:
            address_type, email, entry_id = "SMTP", mailbox.address, one_off_entry_id(name, mailbox.address)
        else:
            name = mailbox.name or entry.display_name or name
            address_type, email = entry.address_type, entry.email_address or mailbox.address
            entry_id = entry.entry_id
        key = search_key(address_type, email)
        return _Known((name, address_type, email, mailbox.address, entry_id, key), entry)

    def entry_id(self, mailbox: Mailbox) -> bytes:
        """Return an entry identifier for a correspondent."""
        entry = self.entry(mailbox.address)
        return entry.entry_id if entry else one_off_entry_id(mailbox.name or mailbox.address, mailbox.address)


def smtp_values(group: Group, mailbox: Mailbox) -> dict[int, PropValue]:
    """Return the properties of a correspondent whom no address book knows."""
    name, address = mailbox.name or mailbox.address, mailbox.address
    values: dict[int, PropValue] = {
        group.name: name,
        group.address_type: "SMTP",
        group.email_address: address,
        group.smtp_address: address,
        group.entry_id: one_off_entry_id(name, address),
        group.search_key: search_key("SMTP", address),
    }
    values.pop(0, None)
    return values


def search_key(address_type: str, address: str) -> bytes:
    """Return PidTagSearchKey of a correspondent, [MS-OXCDATA] 2.8.3.2 (type and address in upper case)."""
    return f"{address_type}:{address}".upper().encode("utf-8", "replace") + b"\0"


def mailbox_of_group(bag: PropertyBag, group: Group, smtp_of: SmtpOf | None) -> Mailbox | None:
    """Return the correspondent that a group of properties names, or None."""
    name = bag.text(group.name)
    address = bag.text(group.smtp_address)
    kind, email = bag.text(group.address_type), bag.text(group.email_address)
    if not address and (kind.upper() == "SMTP" or (not kind and "@" in email)):
        address = email
    if not address:
        one_off = read_one_off(bag.typed(group.entry_id, bytes, b""))
        if one_off is not None and one_off.address_type.upper() == "SMTP":
            name, address = name or one_off.name, one_off.address
    if not address and email and smtp_of is not None:
        address = smtp_of(kind, email) or ""
    return outgoing(name, address)


def outgoing(name: str, address: str) -> Mailbox | None:
    """Return a correspondent in a form that reads back the same, or None if nothing is left of it."""
    if address.startswith("<") and address.endswith(">"):
        address = address[1:-1]
    local, at, host = address.rpartition("@")
    if not at:
        local, host = address, ""
    mailbox = _mailbox(_clean_name(name), _unquoted(local), host)
    if mailbox is None:
        return None
    return Mailbox("", mailbox.address) if mailbox.name == mailbox.address else mailbox


def _unquoted(local: str) -> str:
    if len(local) > 1 and local[0] == local[-1] == '"':
        return re.sub(r"\\(.)", r"\1", local[1:-1])
    return local


def display_list(names: Iterable[str]) -> str:
    """Return the text of PidTagDisplayTo and its like, [MS-OXOMSG] 2.2.1.7."""
    return "; ".join(names)
