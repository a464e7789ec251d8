"""Whether a calendar is a proper iTIP message: METHOD, components and their properties; RFC 5546 3."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.ical.itiptable import CONSTRAINTS, Constraint

if TYPE_CHECKING:
    from gromox.ical.component import Component

METHODS: Final = frozenset(method for method, _ in CONSTRAINTS)
#: Components that a message may be about.
SUBJECTS: Final = ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY")
#: Methods by which all components of a message are instances of one, RFC 5546 3.2 to 3.5.
_ONE_UID: Final = frozenset(["REQUEST", "REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"])
#: Of each pair only one may be given.
_PAIRS: Final = (("DTEND", "DURATION"), ("DUE", "DURATION"))


class Problem(NamedTuple):
    """One rule that a message breaks; ``name`` is the property or component the rule is about."""

    component: str
    name: str
    text: str
    section: str = ""  #: of RFC 5546


def problems(calendar: Component) -> list[Problem]:
    """Return what is wrong with an iTIP message; nothing if it is proper.

    Senders break these rules daily. Who reads the message decides what matters.
    """
    methods = [one.value.strip().upper() for one in calendar.all("METHOD")]
    if len(methods) != 1:
        return [Problem(calendar.name, "METHOD", "must be given once", "3.1")]
    method = methods[0]
    if method not in METHODS:
        return [Problem(calendar.name, "METHOD", f"{method} is not known", "1.4")]
    subjects = calendar.children(*SUBJECTS)
    if not subjects:
        return [Problem(calendar.name, "METHOD", "is about no component", "3.1")]
    name = subjects[0].name
    constraint = CONSTRAINTS.get((method, name))
    if constraint is None:
        return [Problem(name, "METHOD", f"{method} does not exist for {name}", "3")]
    found = _around(calendar, name, constraint)
    for component in calendar.children(name):
        found += _within(component, constraint)
    uids = {component.text("UID") for component in calendar.children(name)}
    if method in _ONE_UID and len(uids) > 1:
        found.append(Problem(name, "UID", "must be the same in all components", constraint.section))
    return found


def _around(calendar: Component, name: str, constraint: Constraint) -> list[Problem]:
    counts = Counter(component.name for component in calendar.components)
    found: list[Problem] = []
    if constraint.count == "1" and counts[name] > 1:
        found.append(Problem(calendar.name, name, "must be given once", constraint.section))
    for others, most, text in (
        (constraint.never_beside, 0, f"must not stand beside {name}"),
        (constraint.one_beside, 1, "may be given once"),
    ):
        found += [
            Problem(calendar.name, other, text, constraint.section)
            for other in sorted(others)
            if counts[other] > most
        ]
    return found


def _within(component: Component, constraint: Constraint) -> list[Problem]:
    counts = Counter(one.name for one in component.properties)
    counts.update(inner.name for inner in component.components)
    rules = (
        (constraint.one, "must be given once", 1, 1),
        (constraint.some, "must be given", 1, len(component.properties)),
        (constraint.optional, "may be given once", 0, 1),
        (constraint.never, "must not be given", 0, 0),
    )
    found = [
        Problem(component.name, name, text, constraint.section)
        for names, text, least, most in rules
        for name in sorted(names)
        if not least <= counts[name] <= most
    ]
    for one, other in _PAIRS:
        if counts[one] and counts[other] and not {one, other} & constraint.never:
            text = f"must not be given beside {other}"
            found.append(Problem(component.name, one, text, constraint.section))
    return found
