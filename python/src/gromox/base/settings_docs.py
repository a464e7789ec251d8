"""The commented sample file and the manual page, rendered from the declarations."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from gromox.base.optionvalues import kind, shown, timespan

if TYPE_CHECKING:
    from gromox.base.option import Option, Program

_WIDTH: Final = 78
_PAGE_DATE: Final = "November 22, 2026"


def render_sample(program: Program) -> str:
    """Return a configuration file in which each directive stands commented out with its default."""
    files = " or ".join(program.files)
    blocks = [
        _commented(f"Settings of {program.title}, for {files}. What is commented out shows the default.")
    ]
    for option in program.options:
        lines = _commented(" ".join([option.help, *_remarks(option)]))
        blocks.append(f"{lines}\n#{option.name} = {option.default_text()}".rstrip())
    return "\n\n".join(blocks) + "\n"


def render_manual(program: Program) -> str:
    """Return the manual page of the program's configuration in mdoc(7)."""
    own = f"{program.name}.cfg"
    page = own if own in program.files else program.files[-1]
    out = [
        '.\\" Generated from the option declarations; do not edit',
        f".Dd {_PAGE_DATE}",
        f".Dt {page.upper()} 5",
        ".Os Gromox",
        ".Sh NAME",
        f".Nm {page}",
        f".Nd settings of {_escaped(program.title)}",
        ".Sh DESCRIPTION",
    ]
    if program.description:
        out += [_escaped(line) for line in textwrap.wrap(program.description, _WIDTH)]
        out.append(".Pp")
    out += [
        f"{_escaped(_at_start(program.title))} reads",
        *(f".Pa {name}{' ,' if name != page else ''}" for name in program.files),
        "from the folders",
        f".Pa /etc/gromox/{program.name}",
        "and",
        ".Pa /etc/gromox ;",
        "the first hit for each name wins, and a later file overrides an earlier one.",
        "A file given with",
        ".Fl c",
        "replaces them all.",
        ".Pp",
        "Each line holds",
        ".Ql key = value ;",
        "keys are case-insensitive, a",
        ".Ql #",
        "at the start of a line or after a blank begins a comment.",
        "Quantities take the suffixes k, M, G, T, P, E, Z, Y, R, Q (powers of 1024) and decimals.",
        "Time spans are sums such as 1d2h in ns, us, ms, s, min, h, d, week, month and y.",
        "The words no, off, false, 0 and nothing at all mean no; anything else means yes.",
        ".Sh DIRECTIVES",
        ".Bl -tag -width Ds",
    ]
    for option in program.options:
        out.append(f".It Ic {option.name} Pq {_escaped(kind(option.parse))}")
        sentences = [option.help, *_remarks(option)]
        out += [_escaped(line) for line in textwrap.wrap(" ".join(sentences), _WIDTH)]
        default = option.default_text()
        out += [".br", f"Default: {_escaped(default)}" if default else "Default: not set"]
    out += [".El", ".Sh FILES", ".Bl -tag -width Ds"]
    for name in program.files:
        out += [f".It Pa /etc/gromox/{name}"]
    out += [".El", ".Sh SEE ALSO", ".Xr gromox 7"]
    return "\n".join(out) + "\n"


def _remarks(option: Option[object]) -> list[str]:
    remarks = []
    if option.unit:
        remarks.append(f"Unit: {option.unit}.")
    if option.choices:
        remarks.append(f"One of: {', '.join(word or 'nothing' for word in option.choices)}.")
    if option.low is not None or option.high is not None:
        remarks.append(f"Clamped to [{_bound(option, option.low)}..{_bound(option, option.high)}].")
    if option.aliases:
        remarks.append(f"Former names: {', '.join(option.aliases)}.")
    if option.general:
        remarks.append(f"For several programs at once: {option.general}.")
    if option.reloadable:
        remarks.append("Taken over by a reload.")
    return remarks


def _at_start(title: str) -> str:
    """Capitalise words, but not the name of a command."""
    return title[:1].upper() + title[1:] if " " in title else title


def _bound(option: Option[object], value: float | None) -> str:
    if value is None:
        return ""
    return shown(option.parse, float(value) if option.parse is timespan else int(value))


def _commented(text: str) -> str:
    return "\n".join(f"# {line}" for line in textwrap.wrap(text, _WIDTH - 2))


def _escaped(line: str) -> str:
    """Keep text from being read as a macro or an escape."""
    line = line.replace("\\", "\\e")
    return f"\\&{line}" if line[:1] in {".", "'"} else line
