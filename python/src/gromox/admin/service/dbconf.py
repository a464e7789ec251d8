"""Configuration in the database, and the commands that carry a change of it into a service.

Spec: reference/system/admin-api.md "dbconf" (hooks, white list, variables); cli.md, ``dbconf``; manual,
"Configuring grommunio-dbconf".

What may be run is a white list of argument vectors, not shell texts: a value that stands in the database
never becomes a command.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import AdminError, InputError
from gromox.directory import dbconf as table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gromox.admin.service.site import Site

    Runner = Callable[[Sequence[str]], None]

#: The service whose files say what happens when the service of that name changes.
HOOKS: Final = "grommunio-dbconf"
LEVELS: Final = ("key", "file", "service")
_TIMEOUT: Final = 60.0  #: seconds for one command


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the white list."""

    level: str
    macro: str
    text: str  #: as it is shown and stored
    argv: tuple[tuple[str, ...], ...]  #: what is run; ``$FILE_S`` stands for all entries


COMMANDS: Final = (
    Command("key", "#POSTCONF", "postconf -e $ENTRY", (("postconf", "-e", "--", "$ENTRY"),)),
    Command(
        "file",
        "#POSTCONF",
        "sudo postconf -e $FILE_S && systemctl reload postfix",
        (("postconf", "-e", "--", "$FILE_S"), ("systemctl", "reload", "postfix")),
    ),
    Command("service", "#RELOAD", "systemctl reload $SERVICE", (("systemctl", "reload", "--", "$SERVICE"),)),
    Command(
        "service", "#RESTART", "systemctl restart $SERVICE", (("systemctl", "restart", "--", "$SERVICE"),)
    ),
)


def run_command(argv: Sequence[str]) -> None:
    """Run one command of the white list; through sudo unless we are root.

    Raises:
        AdminError: it cannot be run, takes too long, or fails.
    """
    full = list(argv) if os.geteuid() == 0 else ["sudo", "--non-interactive", *argv]
    try:
        done = subprocess.run(  # noqa: S603 - of the white list, without a shell
            full, capture_output=True, text=True, timeout=_TIMEOUT, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AdminError(f"cannot run {' '.join(argv[:2])}: {error}") from error
    if done.returncode:
        raise AdminError(f"{' '.join(argv[:2])} failed: {done.stderr.strip() or done.returncode}")


def commit(
    site: Site, service: str, file: str | None = None, key: str | None = None, *, run: Runner = run_command
) -> list[str]:
    """Carry the state of a service, file or key into the running service.

    A level without a command of its own is carried out by the next lower one: all files of the service, all
    keys of the file.

    Args:
        site: the installation.
        service: whose.
        file: only this one.
        key: only this one of ``file``.
        run: what runs a command.

    Returns:
        The commands that were run, as the white list writes them.

    Raises:
        InputError: there is nothing of that name, or a command is not on the white list.
        AdminError: a command failed.
    """
    names = [file] if file is not None else list(table.files(site.directory, service))
    contents = {name: table.read(site.directory, service, name) for name in names}
    if not any(contents.values()) or (file is not None and key is not None and key not in contents[file]):
        raise InputError(f"there is no {'/'.join(filter(None, (service, file, key)))} in the database")
    hooks = _hooks(site, service)
    if file is None and "service" in hooks:
        return [_run(hooks["service"], service, {}, run)]
    ran: list[str] = []
    for values in contents.values():
        if key is None and "file" in hooks:
            ran.append(_run(hooks["file"], service, values, run))
        elif "key" in hooks:
            chosen = values if key is None else {key: values[key]}
            ran += [_run(hooks["key"], service, {name: value}, run) for name, value in chosen.items()]
    return ran


def commit_change(
    site: Site, service: str, file: str, keys: Sequence[str], *, run: Runner = run_command
) -> list[str]:
    """Carry out what a change of some keys asks for: by the most special command there is."""
    hooks = _hooks(site, service)
    level = next((level for level in LEVELS if level in hooks), None)
    values = table.read(site.directory, service, file)
    if level is None:
        return []
    if level == "key":
        # of a key that went away there is nothing to tell
        wanted = [key for key in keys if key in values]
        return [_run(hooks["key"], service, {key: values[key]}, run) for key in wanted]
    return [_run(hooks[level], service, values, run)] if values or level == "service" else []


def _hooks(site: Site, service: str) -> dict[str, Command]:
    """Return the commands of a service by level."""
    stored = table.read(site.directory, HOOKS, service)
    chosen: dict[str, Command] = {}
    for level in LEVELS:
        text = stored.get(f"commit_{level}", "").strip()
        if not text:
            continue
        match = next(
            (one for one in COMMANDS if one.level == level and text in {one.macro, one.text}),
            None,
        )
        if match is None:
            raise InputError(
                f"'{text}' is not allowed as commit_{level} of {service}; see grommunio-admin dbconf commands"
            )
        chosen[level] = match
    return chosen


def _run(command: Command, service: str, values: Mapping[str, str], run: Runner) -> str:
    entries = [f"{key}={value}" for key, value in values.items()]
    words = {"$SERVICE": [service], "$ENTRY": entries[:1], "$FILE_S": entries}
    for argv in command.argv:
        run([word for part in argv for word in words.get(part, [part])])
    return command.text
