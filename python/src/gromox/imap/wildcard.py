"""Patterns of LIST: "*" stands for anything, "%" for anything without a separator. RFC 3501 section 6.3.8."""

from __future__ import annotations

from typing import Final

from gromox.imap.errors import CommandError

#: More wildcards than any client needs; the work is their number times the length of the name.
MAX_WILDCARDS: Final = 50


class Pattern:
    """One pattern, ready to be matched against many names."""

    __slots__ = ("_literal", "_plain")

    def __init__(self, pattern: str) -> None:
        """Take a pattern; INBOX at its start matches in any case, as the name does."""
        if pattern[:5].upper() == "INBOX" and pattern[5:6] in ("", "/", "*", "%"):
            pattern = "INBOX" + pattern[5:]
        if sum(pattern.count(wildcard) for wildcard in "*%") > MAX_WILDCARDS:
            raise CommandError("the pattern has too many wildcards", "LIMIT")
        while "**" in pattern or "*%" in pattern or "%*" in pattern or "%%" in pattern:
            pattern = pattern.replace("**", "*").replace("*%", "*").replace("%*", "*").replace("%%", "%")
        self._literal = "*" not in pattern and "%" not in pattern
        self._plain = pattern

    def may_begin(self, root: str) -> bool:
        """Tell whether a name that is ``root`` or stands below it can match: what is plain decides."""
        plain = len(self._plain)
        for wildcard in "*%":
            at = self._plain.find(wildcard)
            plain = min(plain, at) if at >= 0 else plain
        begin = self._plain[:plain].casefold()
        folded = root.casefold()
        return folded.startswith(begin) or begin.startswith(folded + "/")

    def matches(self, name: str) -> bool:
        """Tell whether a name matches.

        Goes through the name once for each character of the pattern, keeping the set of places in the name
        that the pattern read so far can reach: no backtracking, whatever the pattern.
        """
        pattern = self._plain
        if self._literal:
            return name == pattern
        if pattern == "*":
            return True
        if pattern == "%":
            return "/" not in name
        reached = {0}
        for char in pattern:
            if char == "*":
                reached = set(range(min(reached), len(name) + 1))
            elif char == "%":
                reached = _up_to_separator(reached, name)
            else:
                reached = {place + 1 for place in reached if name[place : place + 1] == char}
            if not reached:
                return False
        return len(name) in reached


def _up_to_separator(reached: set[int], name: str) -> set[int]:
    out: set[int] = set()
    for start in sorted(reached):
        if start in out:
            continue
        end = name.find("/", start)
        out.update(range(start, (len(name) if end < 0 else end) + 1))
    return out
