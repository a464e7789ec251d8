"""Rules that know junk by header fields that a filter in front of us has written (``lda_junk_rules``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.mime.header import iter_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

_RULE: Final = re.compile(r"\s*([!-9;-~]+?)\s*[:=]\s*(.*?)\s*", re.DOTALL)
_TOKENS: Final = re.compile(r"\s*[,;]\s*")


@dataclass(frozen=True, slots=True)
class Rule:
    """A field name and the value that marks junk ("" any); both in lower case."""

    name: str
    value: str


def parse(text: str) -> tuple[Rule, ...]:
    """Read ``Header=value; Header: value;``.

    Raises:
        ValueError: a rule has no header name.
    """
    rules = []
    for part in text.split(";"):
        if not part.strip():
            continue
        match = _RULE.fullmatch(part)
        if match is None:
            raise ValueError(f"{part.strip()!r} is no rule of the form 'Header=value'")
        rules.append(Rule(match[1].lower(), match[2].lower()))
    return tuple(rules)


def is_junk(rules: Sequence[Rule], header: bytes) -> bool:
    """Tell whether a field meets a rule: as a whole, or as a word between commas or semicolons."""
    if not rules:
        return False
    wanted = {rule.name.encode() for rule in rules}
    for field in iter_fields(header):
        name = field.name.lower()
        if name not in wanted:
            continue
        value = field.value.decode("utf-8", "replace").strip().lower()
        words = {value, *_TOKENS.split(value)}
        if any(rule.name.encode() == name and (not rule.value or rule.value in words) for rule in rules):
            return True
    return False
