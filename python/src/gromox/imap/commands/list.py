"""LIST, LSUB and XLIST: which mailboxes there are. RFC 3501 sections 6.3.8 and 6.3.9."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.commands.status import parse_items, status_of
from gromox.imap.dispatch import command
from gromox.imap.listoptions import Listing, parse_extended_listing, parse_listing
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Listed, Reply
from gromox.imap.tree import SEPARATOR, Name, Tree, tree_of
from gromox.imap.wildcard import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gromox.imap.parser import Parser
    from gromox.imap.replies import Untagged
    from gromox.imap.session import Session


def parse_list(p: Parser) -> Listing:
    """LIST with the extensions of RFC 5258."""
    return parse_extended_listing(p, parse_items)


@command("LIST", AUTHENTICATED, parse_list)
def list_(session: Session, args: Listing) -> Reply:
    r"""Say which mailboxes match.

    Spec:
        RFC 3501 6.3.8 (an empty pattern asks for the separator); RFC 3348 (children attributes); RFC 5258
        (selection and return options, several patterns); RFC 5819 (STATUS); RFC 6154 (special use, in plain
        LIST too).

    Returns:
        INBOX first, then by name; each STATUS after the LIST it belongs to.
    """
    if args.patterns == ("",) and not args.extended:
        return Reply("LIST completed", [Listed(b"LIST", (rb"\Noselect",), "")])
    tree = tree_of(session.mailbox)
    data: list[Untagged] = []
    for name, child_info in _selected(tree, args):
        data.append(Listed(b"LIST", _attributes(name, args), name.name, child_info))
        if args.status and name.selectable:
            data.append(status_of(session, name.name, name.folder, args.status))
    return Reply("LIST completed", data)


@command("LSUB", AUTHENTICATED, parse_listing)
def lsub(session: Session, args: Listing) -> Reply:
    r"""Say which subscribed mailboxes match.

    Spec:
        RFC 3501 6.3.9: a "%" that ends before a subscribed inferior name gives the superior one with
        ``\Noselect``.
    """
    tree = tree_of(session.mailbox)
    matches = _matcher(args)
    data: list[Untagged] = []
    for name in tree.names:
        if not matches(name.name):
            continue
        if name.folder.subscribed:
            data.append(Listed(b"LSUB", _plain_attributes(name), name.name))
        elif args.patterns[0].endswith("%") and _has_subscribed_below(tree, name):
            data.append(Listed(b"LSUB", (rb"\Noselect",), name.name))
    return Reply("LSUB completed", data)


@command("XLIST", AUTHENTICATED, parse_listing)
def xlist(session: Session, args: Listing) -> Reply:
    r"""Say which mailboxes match, as Gmail did before RFC 6154.

    Spec:
        Fact sheet protocols.md section 5: INBOX has ``\Inbox``; the junk mailbox has both ``\Junk`` and
        ``\Spam``.
    """
    matches = _matcher(args)
    data: list[Untagged] = []
    for name in tree_of(session.mailbox).names:
        if matches(name.name):
            attributes = [*_plain_attributes(name), *_legacy_use(name)]
            data.append(Listed(b"XLIST", attributes, name.name))
    return Reply("XLIST completed", data)


def _matcher(args: Listing) -> Callable[[str], bool]:
    r"""Return whether a name matches one of the patterns behind the reference.

    RFC 3501 6.3.8 leaves to the server how both are combined: they are joined, with nothing in between.
    """
    patterns = [Pattern(args.reference + pattern) for pattern in args.patterns]
    return lambda name: any(pattern.matches(name) for pattern in patterns)


def _selected(tree: Tree, args: Listing) -> Iterator[tuple[Name, Sequence[bytes]]]:
    matches = _matcher(args)
    for name in tree.names:
        if not matches(name.name):
            continue
        if _is_chosen(name, args):
            yield name, ()
        elif b"RECURSIVEMATCH" in args.selection and _has_chosen_below(tree, name, args):
            yield name, [kind for kind in (b"SUBSCRIBED", b"SPECIAL-USE") if kind in args.selection]


def _is_chosen(name: Name, args: Listing) -> bool:
    if b"SUBSCRIBED" in args.selection and not name.folder.subscribed:
        return False
    return b"SPECIAL-USE" not in args.selection or name.special_use is not None


def _below(tree: Tree, name: Name) -> Iterator[Name]:
    prefix = name.name + SEPARATOR
    return (other for other in tree.names if other.name.startswith(prefix))


def _has_chosen_below(tree: Tree, name: Name, args: Listing) -> bool:
    return name.has_children and any(_is_chosen(other, args) for other in _below(tree, name))


def _has_subscribed_below(tree: Tree, name: Name) -> bool:
    return name.has_children and any(other.folder.subscribed for other in _below(tree, name))


def _plain_attributes(name: Name) -> list[bytes]:
    attributes = [] if name.selectable else [rb"\Noselect"]
    attributes.append(rb"\HasChildren" if name.has_children else rb"\HasNoChildren")
    return attributes


def listed(name: Name, *, old_name: str) -> Listed:
    """Return what LIST says of one mailbox that the client called ``old_name``. RFC 9051 section 6.3.9.7."""
    attributes = [*_plain_attributes(name), *([name.special_use] if name.special_use else [])]
    return Listed(b"LIST", attributes, name.name, old_name=old_name if old_name != name.name else None)


def _attributes(name: Name, args: Listing) -> list[bytes]:
    attributes = _plain_attributes(name)
    if name.folder.subscribed and b"SUBSCRIBED" in (args.selection | args.returned):
        attributes.append(rb"\Subscribed")
    if name.special_use is not None:
        attributes.append(name.special_use)
    return attributes


def _legacy_use(name: Name) -> list[bytes]:
    if name.name == "INBOX":
        return [rb"\Inbox"]
    use = name.special_use
    if use is None:
        return []
    return [use, rb"\Spam"] if use == rb"\Junk" else [use]
