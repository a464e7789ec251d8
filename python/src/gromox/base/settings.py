"""Settings: declared once; reader, sample file, manual page and ``--check-config`` come from the declaration.

A daemon declares an :class:`Option` for each directive and one :class:`Program` in the ``settings`` module of
its package, and reads them with :func:`load`. The files hold ``key = value`` lines; see ``configtext`` for
their grammar.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar, cast

from gromox.base.configtext import Entry, SettingsError, read_entries
from gromox.base.option import Option, Program
from gromox.base.optionvalues import (
    Endpoint,
    boolean,
    endpoint,
    host_list,
    integer,
    listen_list,
    optional_path,
    path,
    path_list,
    quantity,
    secret,
    shown,
    text,
    timespan,
)
from gromox.base.paths import CONFIG as CONFIG_ROOT
from gromox.base.settings_docs import render_manual, render_sample
from gromox.base.shared_directives import SHARED_DIRECTIVES, SHARED_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "CONFIG_ROOT",
    "Endpoint",
    "Option",
    "Program",
    "Reloaded",
    "Settings",
    "SettingsError",
    "boolean",
    "check",
    "endpoint",
    "find",
    "host_list",
    "integer",
    "listen_list",
    "load",
    "optional_path",
    "path",
    "path_list",
    "quantity",
    "render_manual",
    "render_sample",
    "secret",
    "text",
    "timespan",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where the values came from, kept to read them again."""

    config: Path | None = None
    search: tuple[Path, ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    overrides: tuple[tuple[str, str], ...] = ()


class Settings:
    """The values of one program's options; ``settings[OPTION]`` has the option's type."""

    __slots__ = ("_origins", "_sources", "_values", "program", "warnings")

    def __init__(
        self,
        program: Program,
        values: Mapping[str, object],
        origins: Mapping[str, str],
        warnings: Sequence[str],
        *,
        sources: _Sources | None = None,
    ) -> None:
        """Hold parsed values by option name; use :func:`load` or :meth:`of`."""
        self.program = program
        self.warnings: Final[tuple[str, ...]] = tuple(warnings)
        self._values, self._origins = dict(values), dict(origins)
        self._sources = sources or _Sources()

    @classmethod
    def of(cls, program: Program, values: Mapping[str, str] | None = None) -> Settings:
        """Return defaults with these texts in place of some; for tests and embedding.

        Raises:
            SettingsError: a name is unknown or a text is no value of its option.
        """
        return _settings(program, [], _Sources(overrides=tuple((values or {}).items())))

    def __getitem__(self, option: Option[T]) -> T:
        """Return the value of ``option``, which has to be one of the program's."""
        return cast("T", self._values[option.name])

    def origin(self, option: Option[object]) -> str:
        """Return ``file:line``, ``default``, ``program default`` or ``override``."""
        return self._origins[option.name]

    @property
    def search(self) -> tuple[Path, ...]:
        """Where the files were looked for; hand it to :func:`load` for the side files of the same daemon."""
        return self._sources.search

    @property
    def search_path(self) -> str:
        """The same, colon-separated."""
        return ":".join(map(str, self.search))

    def replaced(self, values: Mapping[str, str]) -> Settings:
        """Return these settings with some texts replaced, whatever the files say.

        Raises:
            SettingsError: a name is unknown or a text is no value of its option.
        """
        overrides = dict(self._sources.overrides) | dict(values)
        part = Settings.of(self.program, values)
        origins = dict(self._origins)
        merged = dict(self._values)
        for option in self.program.options:
            if part._origins[option.name] != "default":  # noqa: SLF001 - same class
                merged[option.name] = part._values[option.name]  # noqa: SLF001 - same class
                origins[option.name] = "override"
        sources = dataclasses.replace(self._sources, overrides=tuple(overrides.items()))
        return Settings(self.program, merged, origins, self.warnings + part.warnings, sources=sources)

    def reread(self) -> Settings:
        """Read the files again; all options take their new value. Raises SettingsError."""
        return _load(self.program, self._sources)

    def differences(self, other: Settings) -> tuple[Option[object], ...]:
        """Return the options whose values are others here."""
        return tuple(
            option
            for option in self.program.options
            if self._values[option.name] != other._values[option.name]
        )

    def with_values_of(self, other: Settings, names: Collection[str]) -> Settings:
        """Return these settings with the values of ``other`` for some options."""
        values = self._values | {name: other._values[name] for name in names}
        origins = self._origins | {name: other._origins[name] for name in names}
        return Settings(self.program, values, origins, self.warnings, sources=self._sources)

    def reloaded(self) -> Reloaded:
        """Read the files again, as on SIGHUP: only reloadable options take their new value.

        Raises:
            SettingsError: the files are wrong; these settings stay as they are.
        """
        fresh = _load(self.program, self._sources)
        values, origins = dict(self._values), dict(self._origins)
        changed: list[Option[object]] = []
        waiting: list[Option[object]] = []
        for option in self.program.options:
            name = option.name
            if fresh._values[name] == self._values[name]:  # noqa: SLF001 - same class
                continue
            if not option.reloadable:
                waiting.append(option)
                continue
            changed.append(option)
            values[name], origins[name] = fresh._values[name], fresh._origins[name]  # noqa: SLF001
        settings = Settings(self.program, values, origins, fresh.warnings, sources=self._sources)
        return Reloaded(settings, tuple(changed), tuple(waiting))


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload led to: ``waiting`` options differ in the files but need a restart."""

    settings: Settings
    changed: tuple[Option[object], ...]
    waiting: tuple[Option[object], ...]


def load(
    program: Program,
    *,
    config: Path | None = None,
    search: Sequence[Path] | str | None = None,
    defaults: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Settings:
    """Read a program's settings.

    Args:
        program: whose.
        config: the file given with ``-c``: read instead of all the program's files.
        search: folders in which each file is looked for, as folders or colon-separated; the first hit wins.
            The default is ``/etc/gromox/<program>:/etc/gromox``. A ``config_file_path`` in the first file
            replaces it.
        defaults: texts in place of declared defaults (the files win).
        overrides: texts that win over the files.

    Raises:
        SettingsError: with file and line, and what to do.
    """
    if isinstance(search, str):
        search = path_list(search)
    folders = program.default_search() if search is None else tuple(search)
    given, won = tuple((defaults or {}).items()), tuple((overrides or {}).items())
    return _load(program, _Sources(config, folders, given, won))


def find(name: str, search: Sequence[Path]) -> Path | None:
    """Return the first file of that name in the folders, or None."""
    return next((folder / name for folder in search if (folder / name).is_file()), None)


def _load(program: Program, sources: _Sources) -> Settings:
    if sources.config is not None:
        entries = read_entries(sources.config)
        return _settings(program, entries, dataclasses.replace(sources, search=_search_of(entries, sources)))
    collected: list[Entry] = []
    for name in program.files:
        file = find(name, sources.search)
        if file is None:
            continue
        entries = read_entries(file)
        sources = dataclasses.replace(sources, search=_search_of(entries, sources))
        collected += entries
    return _settings(program, collected, sources)


def _search_of(entries: Sequence[Entry], sources: _Sources) -> tuple[Path, ...]:
    for entry in entries:
        if entry.key == "config_file_path" and entry.value:
            return path_list(entry.value)
    return sources.search


def _settings(program: Program, entries: Sequence[Entry], sources: _Sources) -> Settings:
    values: dict[str, object] = {option.name: option.default for option in program.options}
    origins = dict.fromkeys(values, "default")
    warnings: list[str] = []
    stated = [
        *(Entry(key.lower(), value, "program default") for key, value in sources.defaults),
        *entries,
        *(Entry(key.lower(), value, "override") for key, value in sources.overrides),
    ]
    # What is said to many counts less than what is said to one, whichever comes first.
    for entry in sorted(stated, key=lambda each: _names_itself(program, each)):
        option = program.option(entry.key)
        if option is None:
            if entry.line == 0:
                raise SettingsError(f"{program.title} has no directive {entry.key}", origin=entry.file)
            continue
        values[option.name], found = _value(option, entry)
        origins[option.name] = entry.origin
        warnings += found
    return Settings(program, values, origins, warnings, sources=sources)


def _names_itself(program: Program, entry: Entry) -> bool:
    option = program.option(entry.key)
    return option is None or entry.key != option.general


def _value(option: Option[object], entry: Entry) -> tuple[object, list[str]]:
    """Return the value an entry gives to its option, and warnings."""
    warnings: list[str] = []
    if entry.key not in {option.name, option.general}:
        warnings.append(f"{entry.origin}: {entry.key} is deprecated; write {option.name}")
    given = entry.value
    if option.choices:
        by_word = {word.lower(): word for word in option.choices}
        if given.lower() not in by_word:
            accepted = ", ".join(word or '""' for word in option.choices)
            raise SettingsError(f"{option.name} = {given}: write one of {accepted}", origin=entry.origin)
        given = by_word[given.lower()]
    try:
        value = option.parse(given)
    except ValueError as error:
        repeated = "" if option.secret else f" = {given}"
        raise SettingsError(f"{option.name}{repeated}: {error}", origin=entry.origin) from None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        for bound, outside in ((option.low, "below"), (option.high, "above")):
            if bound is not None and (value < bound if outside == "below" else value > bound):
                value = type(value)(bound)
                warnings.append(
                    f"{entry.origin}: {option.name} = {given} is {outside} the limit; "
                    f"{shown(option.parse, value)} is used"
                )
    return value, warnings


def check(program: Program, file: Path | None = None, *, search: Sequence[Path] | None = None) -> list[str]:
    """Return the problems of a configuration file, or (without one) of all files of the program.

    Errors come as ``error: …``, what is only suspicious as ``warning: …``; an empty list
    means that all is well.
    """
    folders = program.default_search() if search is None else tuple(search)
    if file is not None:
        files = [file]
    else:
        files = [found for found in (find(name, folders) for name in program.files) if found is not None]
    return [problem for each in files for problem in _check_file(program, each)]


def _check_file(program: Program, file: Path) -> list[str]:
    try:
        entries = read_entries(file)
    except SettingsError as error:
        return [f"error: {error}"]
    problems: list[str] = []
    first: dict[str, Entry] = {}
    for entry in entries:
        option = program.option(entry.key)
        if option is None:
            # A file of any other name may be meant in place of all, as with -c.
            shared = file.name == SHARED_FILE or file.name not in program.files
            if not (shared and entry.key in SHARED_DIRECTIVES):
                problems.append(
                    f"warning: {entry.origin}: {program.title} has no directive {entry.key}; it has no effect"
                )
            continue
        name = entry.key if entry.key == option.general else option.name
        if name in first:
            earlier = first[name].origin
            problems.append(f"warning: {entry.origin}: {entry.key} replaces the value given at {earlier}")
        first[name] = entry
        try:
            problems += (f"warning: {warning}" for warning in _value(option, entry)[1])
        except SettingsError as error:
            problems.append(f"error: {error}")
    return problems
