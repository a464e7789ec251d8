"""The types that a declaration names, also those that its module imports for type checking only."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, ForwardRef, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GUARD: Final = "TYPE_CHECKING"
#: Begins the source of a name that is a type alias, not an import.
_ALIAS: Final = "="


@cache
def _checked_imports(module_name: str) -> dict[str, tuple[str, str | None]]:
    """Return where the names come from that a module imports under ``if TYPE_CHECKING``."""
    tree = ast.parse(inspect.getsource(sys.modules[module_name]))
    found: dict[str, tuple[str, str | None]] = {}
    for statement in tree.body:
        if not isinstance(statement, ast.If) or not isinstance(statement.test, ast.Name):
            continue
        if statement.test.id != _GUARD:
            continue
        for each in statement.body:
            if isinstance(each, ast.ImportFrom) and each.module and not each.level:
                found |= {alias.asname or alias.name: (each.module, alias.name) for alias in each.names}
            elif isinstance(each, ast.Import):
                found |= {alias.asname or alias.name: (alias.name, None) for alias in each.names}
            elif isinstance(each, (ast.Assign, ast.AnnAssign)) and each.value:
                target = each.target if isinstance(each, ast.AnnAssign) else each.targets[0]
                quoted = each.value.value if isinstance(each.value, ast.Constant) else None
                text = quoted if isinstance(quoted, str) else ast.unparse(each.value)
                found[ast.unparse(target)] = (f"{_ALIAS}{text}", None)
    return found


def _resolved(module_name: str, name: str) -> object:
    """Return a name that a module imports, itself or by way of others, for type checking only.

    Raises:
        KeyError: it does not.
    """
    source, original = _checked_imports(module_name)[name]
    if source.startswith(_ALIAS):
        # A type alias that stands in the guarded block itself: an expression of our own source.
        known = vars(sys.modules[module_name])
        return eval(source.removeprefix(_ALIAS), known, _Names([module_name]))  # noqa: S307
    module = import_module(source)
    if original is None:
        return module
    try:
        return getattr(module, original)
    except AttributeError:
        return _resolved(source, original)


class _Names(dict[str, object]):
    """Names looked up when they are asked for."""

    def __init__(self, modules: Sequence[str]) -> None:
        """Look into these modules, the first one first."""
        super().__init__()
        self._modules = modules

    def __missing__(self, name: str) -> object:
        """Return a name that one of the modules imports; raises KeyError: it means what it means globally."""
        for module in self._modules:
            try:
                return _resolved(module, name)
            except KeyError:
                continue
        raise KeyError(name)


def hints(declared: Callable[..., object] | type) -> dict[str, object]:
    """Return the types of a function's parameters and result, or of a class's fields.

    Raises:
        NameError: a name means nothing in the module of the declaration.
    """
    owners = declared.__mro__ if isinstance(declared, type) else (declared,)
    modules = dict.fromkeys([owner.__module__ for owner in owners if owner.__module__ != "builtins"])
    texts = [text for owner in owners for text in inspect.get_annotations(owner).values()]
    return get_type_hints(declared, localns=_known(texts, list(modules)))


def _known(texts: Sequence[object], modules: Sequence[str]) -> dict[str, object]:
    """Return what the names in annotations mean, also those in the aliases that they name.

    Python 3.14 copies the names it is given into a plain dictionary, which cannot be asked later.
    """
    names, known = _Names(modules), {}
    waiting, seen = list(texts), set[str]()
    while waiting:
        item = waiting.pop()
        text = item.__forward_arg__ if isinstance(item, ForwardRef) else item
        if not isinstance(text, str):
            waiting += get_args(text)
            continue
        for name in _names_in(text) - seen:
            seen.add(name)
            try:
                known[name] = names[name]
            except KeyError:
                # A global needs no help, but an alias among them may name what does.
                waiting += [vars(sys.modules[module]).get(name) for module in modules]
            else:
                waiting.append(known[name])
    return known


def _names_in(text: str) -> set[str]:
    try:
        return set(compile(text, "<annotation>", "eval").co_names)
    except SyntaxError:
        # A value of a Literal.
        return set()
