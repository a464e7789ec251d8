"""The administration's own configuration: YAML files, merged, checked, each value traceable.

Spec: reference/system/admin-api.md, section "Configuration": files of ``conf.d`` in alphabetical order, maps
are merged, lists concatenated, scalars overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import yaml  # type: ignore[import-untyped]  # the package has no types

from gromox.admin.service.configuration_keys import DEFAULTS, SECRET_KEYS, problem_of
from gromox.admin.service.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"

DIRECTORY: Final = Path("/etc/grommunio-admin-api/conf.d")
#: Folder with these files inside a folder given with ``-c``.
CONF_D: Final = "conf.d"
LARGEST_FILE: Final = 1 << 20  #: octets of one configuration file


@dataclass(frozen=True, slots=True)
class Source:
    """One file and what it sets."""

    path: Path
    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Configuration:
    """All files together; ``values`` without defaults."""

    sources: tuple[Source, ...] = ()
    values: dict[str, Value] = field(default_factory=dict)

    def get(self, key: str) -> Value:
        """Return the value of a dotted ``key``, its default when no file sets it.

        Raises:
            ConfigurationError: there is no such key.
        """
        found, value = _look_up(self.effective(), key)
        if not found:
            raise ConfigurationError(f"no such key '{key}' - try `grommunio-admin config dump`")
        return value

    def text(self, key: str) -> str:
        """Return the value of a key that holds a text."""
        value = self.get(key)
        return "" if value is None else str(value)

    def effective(self) -> dict[str, Value]:
        """Return all values with the defaults below them."""
        return _merge(_copy(DEFAULTS), self.values)

    def problems(self) -> list[str]:
        """Return unknown keys and values of the wrong kind, each with its file."""
        return [
            f"{source.path}: {key}: {problem}"
            for source in self.sources
            for key, value in leaves(source.values)
            if (problem := problem_of(key, value))
        ]

    def origins(self, key: str) -> list[Path]:
        """Return the files that set the leaf ``key``; the last one wins unless it is a list."""
        return [source.path for source in self.sources if _look_up(source.values, key)[0]]


def administration_directory(location: Path | None) -> Path:
    """Return where the YAML files are when ``-c`` says ``location``."""
    if location is None:
        return DIRECTORY
    return (location if location.is_dir() else location.parent) / CONF_D


def read(directory: Path = DIRECTORY) -> Configuration:
    """Read all ``*.yaml`` files of ``directory``; without the directory everything has its default.

    Raises:
        ConfigurationError: a file cannot be read or is no YAML map.
    """
    sources = tuple(_read_file(path) for path in sorted(directory.glob("*.yaml")))
    values: dict[str, Value] = {}
    for source in sources:
        values = _merge(values, _copy(source.values))
    return Configuration(sources, values)


def leaves(value: Mapping[str, Value], prefix: str = "") -> Iterator[tuple[str, Value]]:
    """Return dotted key and value of everything that is not a map with contents."""
    for key, below in value.items():
        if isinstance(below, dict) and below:
            yield from leaves(below, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", below


def without_secrets(values: Mapping[str, Value], prefix: str = "") -> dict[str, Value]:
    """Return a copy in which passwords are stars."""
    shown: dict[str, Value] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            shown[key] = without_secrets(value, f"{prefix}{key}.")
        else:
            shown[key] = "***" if value and f"{prefix}{key}" in SECRET_KEYS else value
    return shown


def to_yaml(value: Value) -> str:
    """Return the value as an operator would write it."""
    if isinstance(value, dict | list):
        return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False)).rstrip()
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _read_file(path: Path) -> Source:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigurationError(f"{path}: larger than {LARGEST_FILE} octets")
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark is not None else ""
        raise ConfigurationError(f"{path}{where}: no YAML: {getattr(error, 'problem', error)}") from error
    if loaded is None:
        return Source(path, {})
    if not isinstance(loaded, dict) or not all(isinstance(key, str) for key in loaded):
        raise ConfigurationError(f"{path}: expected a map of sections such as 'options:'")
    return Source(path, loaded)


def _merge(below: dict[str, Value], above: Mapping[str, Value]) -> dict[str, Value]:
    for key, value in above.items():
        present = below.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            _merge(present, value)
        elif isinstance(present, list) and isinstance(value, list):
            present.extend(value)
        else:
            below[key] = (
                _copy(value) if isinstance(value, dict) else list(value) if isinstance(value, list) else value
            )
    return below


def _copy(values: Mapping[str, Value]) -> dict[str, Value]:
    return _merge({}, values)


def _look_up(values: Mapping[str, Value], key: str) -> tuple[bool, Value]:
    """Return whether the dotted key exists, and its value."""
    value: Value = dict(values)
    parts: Sequence[str] = key.split(".") if key else ()
    for position, part in enumerate(parts):
        if not isinstance(value, dict):
            return False, None
        # keys of open maps (vhosts, loggers) may have dots of their own
        rest = ".".join(parts[position:])
        if rest in value:
            return True, value[rest]
        if part not in value:
            return False, None
        value = value[part]
    return True, value
