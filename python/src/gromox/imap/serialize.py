"""Replies as values → octets. RFC 3501 section 7; neither state nor store."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from gromox.imap import grammar, mutf7, replies, sequence
from gromox.imap.catalogue import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    #: How a mailbox name goes onto the wire.
    Spelling = Callable[[str], bytes]

#: Longest text sent as quoted; longer and odd ones are literals.
MAX_QUOTED: Final = 1000
_STATUSES: Final = {status: b" %b " % status.value for status in replies.Status}


def tagged(tag: bytes, reply: replies.Reply, language: str = "") -> bytes:
    """Return the tagged line that ends a command; ``language``: that of its text, if the client chose one."""
    line = _end_of_line(reply.text, language)
    if reply.code:
        return b"%b%b[%b] %b" % (tag, _STATUSES[reply.status], reply.code, line)
    return tag + _STATUSES[reply.status] + line


def bye(text: str, code: bytes = b"", language: str = "") -> bytes:
    """Return ``* BYE``. RFC 3501 section 7.1.5."""
    return b"* BYE %b%b\r\n" % (b"[%b] " % code if code else b"", _line_text(text, language))


@lru_cache(maxsize=512)
def _end_of_line(text: str, language: str) -> bytes:
    """Return what most commands end with; there are few of them."""
    return _line_text(text, language) + b"\r\n"


def _line_text(text: str, language: str) -> bytes:
    """Return a text for people: US-ASCII, and UTF-8 for who chose a language (RFC 5255 section 3.5)."""
    text = text.replace("\r", " ").replace("\n", " ")
    return translated(text, language).encode("utf-8") if language else text.encode("ascii", "replace")


def untagged(data: Iterable[replies.Untagged], *, utf8: bool = False, language: str = "") -> list[bytes]:
    """Return the octets of each piece of data, whole lines.

    ``utf8``: how mailbox names are spelled; ``language``: that of the texts for people.
    """
    spell = mailbox_utf8 if utf8 else mailbox
    out = []
    for each in data:
        kind = type(each)
        if kind in _NAMING_WRITERS:
            out.append(_NAMING_WRITERS[kind](each, spell))
        elif kind in _SPEAKING_WRITERS:
            out.append(_SPEAKING_WRITERS[kind](each, language))
        else:
            out.append(_WRITERS[kind](each))
    return out


def astring(octets: bytes) -> bytes:
    """Return an atom if it can be one, else a string."""
    if grammar.ATOM.fullmatch(octets) and octets.upper() != b"NIL":
        return octets
    return string(octets)


def string(octets: bytes) -> bytes:
    """Return a quoted string if it can be one, else a literal."""
    if len(octets) <= MAX_QUOTED and octets.isascii() and not any(c in octets for c in b"\0\r\n"):
        return b'"' + octets.replace(b"\\", rb"\\").replace(b'"', rb"\"") + b'"'
    return b"{%d}\r\n%b" % (len(octets), octets)


def mailbox(name: str) -> bytes:
    """Return a mailbox name: in modified UTF-7, quoted unless it is INBOX."""
    return b"INBOX" if name == "INBOX" else string(mutf7.encode(name))


def mailbox_utf8(name: str) -> bytes:
    """Return a mailbox name in UTF-8, quoted unless it is INBOX. RFC 9051 5.1, RFC 6855 section 3."""
    if name == "INBOX":
        return b"INBOX"
    octets = name.encode("utf-8")
    if len(octets) <= MAX_QUOTED and not any(c in octets for c in b"\0\r\n"):
        return b'"' + octets.replace(b"\\", rb"\\").replace(b'"', rb"\"") + b'"'
    return string(octets)


def _flags(data: replies.Flags) -> bytes:
    return b"* FLAGS (%b)\r\n" % b" ".join(data.names)


def _information(data: replies.Information, language: str) -> bytes:
    return b"* OK [%b] %b\r\n" % (data.code, _line_text(data.text, language))


def _listed(data: replies.Listed, spell: Spelling) -> bytes:
    line = b'* %b (%b) "/" %b' % (data.verb, b" ".join(data.attributes), spell(data.name))
    extended = []
    if data.child_info:
        extended.append(b'"CHILDINFO" (%b)' % b" ".join(b'"%b"' % each for each in data.child_info))
    if data.old_name is not None:
        extended.append(b'"OLDNAME" (%b)' % spell(data.old_name))
    return line + (b" (%b)\r\n" % b" ".join(extended) if extended else b"\r\n")


def _status(data: replies.MailboxStatus, spell: Spelling) -> bytes:
    items = b" ".join(
        (b"%b %b" if isinstance(value, bytes) else b"%b %d") % (name, value) for name, value in data.items
    )
    return b"* STATUS %b (%b)\r\n" % (spell(data.name), items)


def found(data: replies.Found) -> bytes:
    """Return the line of SEARCH."""
    line = b"* SEARCH" + _numbers(data.numbers)
    if data.modseq is not None and data.numbers:
        line += b" (MODSEQ %d)" % data.modseq
    return line + b"\r\n"


def _sorted(data: replies.Sorted) -> bytes:
    line = b"* SORT" + _numbers(data.numbers)
    if data.modseq is not None and data.numbers:
        line += b" (MODSEQ %d)" % data.modseq
    return line + b"\r\n"


def _numbers(numbers: Sequence[int]) -> bytes:
    return (" " + " ".join(map(str, numbers))).encode("ascii") if numbers else b""


def _extended_found(data: replies.ExtendedFound, spell: Spelling) -> bytes:
    where = (
        b"" if data.place is None else b" MAILBOX %b UIDVALIDITY %d" % (spell(data.place[0]), data.place[1])
    )
    line = b"* ESEARCH (TAG %b%b)" % (string(data.tag), where)
    if data.uid:
        line += b" UID"
    for name, number in (
        (b"MIN", data.lowest),
        (b"MAX", data.highest),
        (b"COUNT", data.count),
        (b"MODSEQ", data.modseq),
    ):
        if number is not None:
            line += b" %b %d" % (name, number)
    if data.all:
        line += b" ALL " + sequence.render(data.all)
    if data.partial is not None:
        line += b" PARTIAL (%b %b)" % (data.partial[0], sequence.render(data.partial[1]) or b"NIL")
    return line + b"\r\n"


def _namespaces(data: replies.Namespaces, spell: Spelling) -> bytes:
    described = [
        b"NIL"
        if prefix is None
        else b'((%b "/"%b))' % (spell(prefix + "/"), _translation(data, prefix, spell))
        for prefix in (data.others, data.public)
    ]
    return b'* NAMESPACE (("" "/")) %b\r\n' % b" ".join(described)


def _translation(data: replies.Namespaces, prefix: str, spell: Spelling) -> bytes:
    shown = data.translations.get(prefix)
    return b"" if shown is None else b' "TRANSLATION" (%b)' % spell(shown + "/")


def _quota_roots(data: replies.QuotaRoots, spell: Spelling) -> bytes:
    roots = [b" " + string(root.encode("utf-8")) for root in data.roots]
    return b"* QUOTAROOT %b%b\r\n" % (spell(data.name), b"".join(roots))


def _access_list(data: replies.AccessList, spell: Spelling) -> bytes:
    rows = [
        b" %b %b" % (astring(name.encode("utf-8")), astring(rights.encode())) for name, rights in data.rows
    ]
    return b"* ACL %b%b\r\n" % (spell(data.name), b"".join(rows))


def _grantable(data: replies.GrantableRights, spell: Spelling) -> bytes:
    groups = b"".join([b" " + group.encode("ascii") for group in data.tied])
    return b"* LISTRIGHTS %b %b %b%b\r\n" % (
        spell(data.name),
        astring(data.identifier.encode("utf-8")),
        astring(data.required.encode("ascii")),
        groups,
    )


def _quota(data: replies.QuotaUse) -> bytes:
    resources = b" ".join([b"%b %d %d" % resource for resource in data.resources])
    return b"* QUOTA %b (%b)\r\n" % (string(data.root.encode("utf-8")), resources)


def _metadata(data: replies.Metadata, spell: Spelling) -> bytes:
    rows = [b"%b %b" % (astring(entry.encode("ascii")), _value(value)) for entry, value in data.rows]
    return b"* METADATA %b (%b)\r\n" % (spell(data.name), b" ".join(rows))


def _metadata_changed(data: replies.MetadataChanged, spell: Spelling) -> bytes:
    entries = b" ".join([astring(entry.encode("ascii")) for entry in data.entries])
    return b"* METADATA %b %b\r\n" % (spell(data.name), entries)


def _value(value: bytes | None) -> bytes:
    if value is None:
        return b"NIL"
    return b"~{%d}\r\n%b" % (len(value), value) if b"\0" in value else string(value)


def _identity(data: replies.Identity) -> bytes:
    pairs = b" ".join(
        string(name.encode("ascii")) + b" " + string(value.encode("utf-8")) for name, value in data.fields
    )
    return b"* ID (%b)\r\n" % pairs


#: What shows mailbox names, whose spelling depends on the session.
_NAMING_WRITERS: Final[dict[type[replies.Untagged], Callable[[Any, Spelling], bytes]]] = {
    replies.Listed: _listed,
    replies.MailboxStatus: _status,
    replies.Namespaces: _namespaces,
    replies.ExtendedFound: _extended_found,
    replies.AccessList: _access_list,
    replies.GrantableRights: _grantable,
    replies.OwnRights: lambda data, spell: (
        b"* MYRIGHTS %b %b\r\n" % (spell(data.name), astring(data.rights.encode("ascii")))
    ),
    replies.QuotaRoots: _quota_roots,
    replies.Metadata: _metadata,
    replies.MetadataChanged: _metadata_changed,
}

#: What people read.
_SPEAKING_WRITERS: Final[dict[type[replies.Untagged], Callable[[Any, str], bytes]]] = {
    replies.Information: _information,
    replies.Goodbye: lambda data, language: bye(data.text, language=language),
}

# Any: each writer takes its own class of value; the key says which.
_WRITERS: Final[dict[type[replies.Untagged], Callable[[Any], bytes]]] = {
    replies.Exists: lambda data: b"* %d EXISTS\r\n" % data.count,
    replies.RecentCount: lambda data: b"* %d RECENT\r\n" % data.count,
    replies.Expunged: lambda data: b"* %d EXPUNGE\r\n" % data.seq,
    replies.Flags: _flags,
    replies.Languages: lambda data: b"* LANGUAGE (%b)\r\n" % " ".join(data.tags).encode("ascii"),
    replies.Capabilities: lambda data: b"* CAPABILITY %b\r\n" % data.names,
    replies.Enabled: lambda data: b"* ENABLED%b\r\n" % b"".join(b" " + name for name in data.names),
    replies.Found: found,
    replies.Sorted: _sorted,
    replies.QuotaUse: _quota,
    replies.Identity: _identity,
    replies.Ready: lambda data: data.octets,
}
