"""LIST, LSUB and XLIST: which mailboxes there are. RFC 3501 sections 6.3.8 and 6.3.9."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from gromox.imap import serialize
from gromox.imap.commands.status import parse_items, status_of
from gromox.imap.dispatch import command
from gromox.imap.listing import Listable, outside_names, own_names, reaches_outside
from gromox.imap.listoptions import BEYOND_NAMES, Listing, parse_extended_listing, parse_listing
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.metadata import Wanted, chosen
from gromox.imap.replies import Listed, Metadata, OwnRights, Ready, Reply, Stream
from gromox.imap.rights import letters
from gromox.imap.subscriptions import superiors
from gromox.imap.tree import names_of, tree_of
from gromox.imap.wildcard import Pattern
from gromox.store.errors import DeniedError
from gromox.store.permission import Right

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from gromox.base.wire import Piece
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result, Untagged
    from gromox.imap.session import Session
    from gromox.imap.tree import Name, Tree
    from gromox.store.folder import Folder

    #: What is said of names, given all names of one mailbox.
    Say = Callable[[Sequence[Listable]], Sequence[Untagged]]


def parse_list(p: Parser) -> Listing:
    """LIST with the extensions of RFC 5258."""
    return parse_extended_listing(p, parse_items)


@command("LIST", AUTHENTICATED, parse_list)
def list_(session: Session, args: Listing) -> Result:
    r"""Say which mailboxes match.

    Spec:
        RFC 3501 6.3.8 (an empty pattern asks for the separator); RFC 3348 (children attributes); RFC 5258
        (selection and return options, several patterns); RFC 5819 (STATUS); RFC 6154 (special use, in plain
        LIST too); RFC 8440 (MYRIGHTS); RFC 9590 (METADATA).

    Returns:
        INBOX first, then by name, then the mailboxes of others; each STATUS after the LIST it belongs to.
    """
    if args.patterns == ("",) and not args.extended:
        return Reply("LIST completed", [Listed(b"LIST", (rb"\Noselect",), "")])
    patterns = _patterns(args)

    def say(names: Sequence[Listable]) -> Sequence[Untagged]:
        data: list[Untagged] = []
        for name, child_info in _selected(names, patterns, args, _recursive(session, names, args)):
            data.append(Listed(b"LIST", _attributes(name, args), name.name, child_info))
            if b"MYRIGHTS" in args.returned and name.folder is not None:
                data += _rights(name, name.folder)
            if args.metadata and name.folder is not None:
                data += _metadata(name, name.folder, args.metadata)
            if args.status and name.selectable and name.folder is not None and _is_readable(name):
                data.append(status_of(session, name.mailbox, name.name, name.folder, args.status))
        return data

    return _through(session, args, patterns, "LIST completed", say, lost=b"SUBSCRIBED" in args.selection)


@command("LSUB", AUTHENTICATED, parse_listing)
def lsub(session: Session, args: Listing) -> Result:
    r"""Say which subscribed mailboxes match.

    Spec:
        RFC 3501 6.3.9: a "%" that ends before a subscribed inferior name gives the superior one with
        ``\Noselect``, and so does a name whose mailbox is not there any more (6.3.6).
    """
    patterns = _patterns(args)

    def say(names: Sequence[Listable]) -> Sequence[Untagged]:
        data: list[Untagged] = []
        above = _above(session, names, args) if args.patterns[0].endswith("%") else frozenset()
        for name in names:
            if not _matches(patterns, name.name):
                continue
            if name.subscribed and not name.lost:
                data.append(Listed(b"LSUB", _plain_attributes(name), name.name))
            elif name.subscribed or name.name in above:
                data.append(Listed(b"LSUB", (rb"\Noselect",), name.name))
        return data

    return _through(session, args, patterns, "LSUB completed", say, lost=True)


@command("XLIST", AUTHENTICATED, parse_listing)
def xlist(session: Session, args: Listing) -> Result:
    r"""Say which mailboxes match, as Gmail did before RFC 6154.

    Spec:
        Fact sheet protocols.md section 5: INBOX has ``\Inbox``; the junk mailbox has both ``\Junk`` and
        ``\Spam``.
    """
    patterns = _patterns(args)
    return _through(
        session,
        args,
        patterns,
        "XLIST completed",
        lambda names: [
            Listed(b"XLIST", [*_plain_attributes(name), *_legacy_use(name)], name.name)
            for name in names
            if _matches(patterns, name.name)
        ],
    )


def _through(
    session: Session, args: Listing, patterns: Sequence[Pattern], text: str, say: Say, *, lost: bool = False
) -> Result:
    """Go through all names that patterns can reach, in steps where mailboxes of others are among them.

    ``lost``: also through those that are only subscribed.
    """
    mailbox, utf8 = session.mailbox, session.utf8

    def own(tree: Tree) -> bytes:
        return b"".join(serialize.untagged(say(own_names(session, tree, lost=lost)), utf8=utf8))

    if not reaches_outside(session, patterns, lost=lost):
        if args.returned & BEYOND_NAMES:
            return Reply(text, [Ready(own(tree_of(mailbox)))])
        tree = names_of(mailbox)
        return Reply(text, [Ready(tree.said((text, args, utf8), lambda: own(tree)))])

    def steps() -> Iterator[Sequence[Piece]]:
        yield [own(tree_of(mailbox))]
        for names in outside_names(session, lost=lost):
            yield serialize.untagged(say(names), utf8=utf8)

    return Stream(steps(), lambda: Reply(text))


def _patterns(args: Listing) -> list[Pattern]:
    r"""Return the patterns behind the reference.

    RFC 3501 6.3.8 leaves to the server how both are combined: they are joined, with nothing in between.
    """
    return [Pattern(args.reference + pattern) for pattern in args.patterns]


def _matches(patterns: Sequence[Pattern], name: str) -> bool:
    return any(pattern.matches(name) for pattern in patterns)


def _rights(name: Listable, folder: Folder) -> list[Untagged]:
    """Return the rights on a mailbox, unless there are none. RFC 8440 section 3."""
    mailbox = name.mailbox
    held = letters(mailbox.held(folder.folder_id), is_public=mailbox.is_public)
    return [OwnRights(name.name, held)] if held else []


def _metadata(name: Listable, folder: Folder, entries: tuple[str, ...]) -> list[Untagged]:
    """Return annotations of a mailbox that the user may annotate. RFC 9590 section 3."""
    try:
        have = name.mailbox.annotations(folder.folder_id)
    except DeniedError:
        return []
    return [Metadata(name.name, chosen(have, Wanted(entries))[0])]


def _is_readable(name: Listable) -> bool:
    folder, mailbox = name.folder, name.mailbox
    return folder is not None and bool(mailbox.held(folder.folder_id) & Right.READ_ANY)


def _selected(
    names: Sequence[Listable], patterns: Sequence[Pattern], args: Listing, above: AbstractSet[str]
) -> Iterator[tuple[Listable, Sequence[bytes]]]:
    """Yield what is to be told, with what makes names below match (RFC 9051 6.3.9.6, table 3)."""
    kinds = [kind for kind in (b"SUBSCRIBED", b"SPECIAL-USE") if kind in args.selection]
    for name in names:
        if not _matches(patterns, name.name):
            continue
        child_info = kinds if name.name in above else ()
        if child_info or _is_chosen(name, args):
            yield name, child_info


def _is_chosen(name: Listable, args: Listing) -> bool:
    if not name.subscribed and (name.lost or b"SUBSCRIBED" in args.selection):
        return False
    return b"SPECIAL-USE" not in args.selection or name.special_use is not None


def _recursive(session: Session, names: Sequence[Listable], args: Listing) -> AbstractSet[str]:
    """Return the names above chosen ones, if RECURSIVEMATCH asks for them."""
    return _above(session, names, args) if b"RECURSIVEMATCH" in args.selection else frozenset()


def _above(session: Session, names: Sequence[Listable], args: Listing) -> AbstractSet[str]:
    """Return the names above chosen ones; those of others' mailboxes may be told in another part."""
    if args.selection & {b"SPECIAL-USE"}:
        return superiors(name.name for name in names if _is_chosen(name, args))
    subscribed = (name.name for name in names if name.subscribed)
    return superiors(chain(subscribed, names_of(session.mailbox).subscriptions.values()))


def _plain_attributes(name: Listable) -> list[bytes]:
    if name.lost:
        return [rb"\NonExistent"]
    attributes = [] if name.selectable else [rb"\Noselect"]
    attributes.append(rb"\HasChildren" if name.has_children else rb"\HasNoChildren")
    return attributes


def listed(found: Name, name: str, *, old_name: str) -> Listed:
    """Return what LIST says of one mailbox that the client called ``old_name``. RFC 9051 section 6.3.9.7."""
    attributes = [] if found.selectable else [rb"\Noselect"]
    attributes.append(rb"\HasChildren" if found.has_children else rb"\HasNoChildren")
    if found.special_use and name == found.name:
        attributes.append(found.special_use)
    return Listed(b"LIST", attributes, name, old_name=old_name if old_name != name else None)


def _attributes(name: Listable, args: Listing) -> list[bytes]:
    attributes = _plain_attributes(name)
    if name.subscribed and b"SUBSCRIBED" in (args.selection | args.returned):
        attributes.append(rb"\Subscribed")
    if name.special_use is not None:
        attributes.append(name.special_use)
    return attributes


def _legacy_use(name: Listable) -> list[bytes]:
    if name.name == "INBOX":
        return [rb"\Inbox"]
    use = name.special_use
    if use is None:
        return []
    return [use, rb"\Spam"] if use == rb"\Junk" else [use]
