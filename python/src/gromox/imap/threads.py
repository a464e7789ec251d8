"""Threads out of messages: ORDEREDSUBJECT and REFERENCES. RFC 5256 section 3.

Pure and without recursion: what messages say of each other can be anything, so the depth of a thread and the
work for a link are bounded (:data:`MAX_DEPTH`); a link that would go deeper is not made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from gromox.store.threadrows import ThreadRow

    Steps = Generator[None, None, "list[Node]"]

MAX_DEPTH: Final = 1000
_STEP: Final = 1000


class Node:
    """A message in a thread, or (``row`` is None) one that is not there."""

    __slots__ = ("children", "number", "parent", "row")

    def __init__(self, number: int = 0, row: ThreadRow | None = None) -> None:
        """Stand alone; ``number`` is what the answer calls it."""
        self.number, self.row = number, row
        self.parent: Node | None = None
        self.children: list[Node] = []

    @property
    def first(self) -> Node:
        """The message that stands for it: itself, or the first child of one that is not there."""
        return self if self.row is not None or not self.children else self.children[0]


def _when(node: Node) -> tuple[float, int]:
    first = node.first
    return (first.row.sent if first.row is not None else 0.0, first.number)


# -- ORDEREDSUBJECT


def ordered_subject(numbers: Sequence[int], rows: Sequence[ThreadRow]) -> Steps:
    """Gather messages by base subject; the first of each gathers the others below it."""
    groups: dict[str, list[Node]] = {}
    for count, (number, row) in enumerate(zip(numbers, rows, strict=True)):
        groups.setdefault(row.subject, []).append(Node(number, row))
        if count % _STEP == 0:
            yield
    threads = []
    for group in groups.values():
        group.sort(key=_when)
        group[0].children = group[1:]
        threads.append(group[0])
    yield
    return sorted(threads, key=_when)


# -- REFERENCES


def references(numbers: Sequence[int], rows: Sequence[ThreadRow]) -> Steps:
    """Link messages by their identifiers, then threads by their subjects: steps 1 to 6 of the document."""
    nodes: dict[bytes, Node] = {}
    every = [Node(number, row) for number, row in zip(numbers, rows, strict=True)]
    yield from _each(every, lambda node: _place(nodes, node))
    yield from _each(list(every), lambda node: _link_all(nodes, every, node))
    for node in every:
        if node.parent is not None:
            node.parent.children.append(node)
    yield
    roots = _pruned([node for node in every if node.parent is None])
    yield from _each(roots, lambda root: root.children.sort(key=_when) if root.row is None else None)
    roots.sort(key=_when)
    yield
    roots = _gathered(roots)
    yield from _each(roots, _sort_below)
    return sorted(roots, key=_when)


def _each(nodes: Sequence[Node], act: Callable[[Node], None]) -> Generator[None, None, None]:
    """Do something with each, letting others have their turn now and then."""
    for count, node in enumerate(nodes):
        act(node)
        if count % _STEP == 0:
            yield


def _place(nodes: dict[bytes, Node], node: Node) -> None:
    """Enter a message under its identifier; a second one with the same stands alone."""
    identifier = node.row.message_id if node.row is not None else b""
    if identifier:
        nodes.setdefault(identifier, node)


def _link_all(nodes: dict[bytes, Node], every: list[Node], node: Node) -> None:
    """Step 1: link what a message refers to, one after the other, and the message to the last."""
    before: Node | None = None
    for identifier in node.row.references if node.row is not None else ():
        at = nodes.get(identifier)
        if at is None:
            at = nodes[identifier] = Node()
            every.append(at)
        if before is not None and at.parent is None and _may_link(before, at):
            at.parent = before
        before = at
    if before is None:
        node.parent = None
    elif before is not node.parent:
        node.parent = None
        if _may_link(before, node):
            node.parent = before


def _may_link(parent: Node, child: Node) -> bool:
    """Tell whether a link makes no loop and goes not too deep."""
    at: Node | None = parent
    for _ in range(MAX_DEPTH):
        if at is None:
            return True
        if at is child:
            return False
        at = at.parent
    return False


def _pruned(roots: list[Node]) -> list[Node]:
    """Step 3: drop what is not there, and put its children in its place; at the top only a single one."""
    order = [node for root in roots for node in _walk(root)]
    for node in reversed(order):  # children before their parents
        kept: list[Node] = []
        for child in node.children:
            kept += child.children if child.row is None else [child]
        node.children = kept
    result: list[Node] = []
    for root in roots:
        if root.row is not None or len(root.children) > 1:
            result.append(root)
        else:
            result += root.children
    return result


def _walk(root: Node) -> Iterator[Node]:
    """Go through a thread, parents before their children."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending += node.children


def _subject(node: Node) -> str:
    row = node.first.row
    return row.subject if row is not None else ""


def _is_reply(node: Node) -> bool:
    return node.row is not None and node.row.is_reply


def _gathered(roots: list[Node]) -> list[Node]:
    """Step 5: merge threads with the same base subject."""
    table: dict[str, Node] = {}
    for root in roots:
        subject = _subject(root)
        if not subject:
            continue
        known = table.get(subject)
        if known is None or (
            known.row is not None and (root.row is None or (_is_reply(known) and not _is_reply(root)))
        ):
            table[subject] = root
    places = {id(root): place for place, root in enumerate(roots)}
    kept: list[Node | None] = list(roots)
    for root in roots:
        subject = _subject(root)
        known = table.get(subject) if subject else None
        if known is None or known is root:
            continue
        kept[places[id(root)]] = None
        if known.row is None:
            known.children += root.children if root.row is None else [root]
        elif _is_reply(root) and not _is_reply(known):
            known.children.append(root)
        else:
            both = Node()
            both.children = [known, root]
            place = places[id(known)]
            kept[place] = table[subject] = both
            places[id(both)] = place
    return [node for node in kept if node is not None]


def _sort_below(root: Node) -> None:
    """Step 6: sort each set of siblings, the deepest first."""
    for node in reversed(list(_walk(root))):
        if len(node.children) > 1:
            node.children.sort(key=_when)


# -- the answer


def render(roots: Sequence[Node]) -> bytes:
    """Return ``(2)(3 6 (4 23)(44 7 96))``. RFC 5256 section 4."""
    out: list[bytes] = []
    pending: list[Node | None] = list(reversed(roots))
    while pending:
        node = pending.pop()
        if node is None:
            out.append(b")")
            continue
        out.append(b"(")
        pending.append(None)
        words: list[bytes] = []
        while True:
            if node.row is not None:
                words.append(b"%d" % node.number)
            if len(node.children) != 1:
                break
            node = node.children[0]
        out.append(b" ".join(words))
        if node.children:
            if words:
                out.append(b" ")
            pending += reversed(node.children)
    return b"".join(out)
