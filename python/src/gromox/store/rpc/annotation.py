"""The types that a declaration names, also those that its module imports for type checking only."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

_GUARD: Final = "TYPE_CHECKING"


@cache
def _checked_imports(module_name: str) -> dict[str, object]:
    """Return what a module imports under ``if TYPE_CHECKING``."""
    tree = ast.parse(inspect.getsource(sys.modules[module_name]))
    found: dict[str, object] = {}
    for statement in tree.body:
        if isinstance(statement, ast.If) and isinstance(statement.test, ast.Name):
            if statement.test.id != _GUARD:
                continue
            for each in statement.body:
                if isinstance(each, ast.ImportFrom) and each.module and not each.level:
                    module = import_module(each.module)
                    found |= {alias.asname or alias.name: _named(module, alias.name) for alias in each.names}
                elif isinstance(each, ast.Import):
                    found |= {alias.name.partition(".")[0]: import_module(alias.name) for alias in each.names}
    return found


def _named(module: object, name: str) -> object:
    """Return a name of a module, which may itself import it for type checking only."""
    try:
        return getattr(module, name)
    except AttributeError:
        return _checked_imports(module.__name__)[name]  # type: ignore[attr-defined] # it is a module


def hints(declared: Callable[..., object] | type) -> dict[str, object]:
    """Return the types of a function's parameters and result, or of a class's fields.

    Raises:
        NameError: a name means nothing in the module of the declaration.
    """
    owners = reversed(declared.__mro__) if isinstance(declared, type) else (declared,)
    names: dict[str, object] = {}
    for owner in owners:
        if owner.__module__ != "builtins":
            names |= _checked_imports(owner.__module__)
    return get_type_hints(declared, localns=names)
