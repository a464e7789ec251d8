"""The log: one line an event, ``time level program: event key=value …``, to standard error, syslog or a file.

An event is a constant text; what varies stands in fields. Levels are those of ``<daemon>_log_level``:
1 critical, 2 error, 3 warning, 4 notice, 5 information, 6 debugging. A call that is filtered out costs one
comparison.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import syslog
import threading
import time
import traceback
from typing import TYPE_CHECKING, Final

from gromox.base.secret import Secret

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Mapping

CRITICAL: Final = 1
ERROR: Final = 2
WARNING: Final = 3
NOTICE: Final = 4
INFO: Final = 5
DEBUG: Final = 6

_NAMES: Final = ("", "critical", "error", "warning", "notice", "info", "debug")
_PRIORITIES: Final = (
    syslog.LOG_EMERG,
    syslog.LOG_CRIT,
    syslog.LOG_ERR,
    syslog.LOG_WARNING,
    syslog.LOG_NOTICE,
    syslog.LOG_INFO,
    syslog.LOG_DEBUG,
)
_MAX_VALUE: Final = 1000  #: characters of one field; a traceback may be longer
_MAX_TRACEBACK: Final = 8000
#: Values that need no quotes, if they are printable.
_PLAIN: Final = re.compile('[^ ="]+').fullmatch


class _Output:
    """Where lines go, for the whole process."""

    def __init__(self) -> None:
        self.level = NOTICE
        self.program = "gromox"
        self.target = "-"
        self.file: io.TextIOWrapper | None = None
        self.captured: list[str] | None = None
        self.lock = threading.Lock()
        self._second, self._second_text = -1, ""

    def write(self, level: int, message: str) -> None:
        if self.captured is not None:
            self.captured.append(f"{_NAMES[level]} {message}")
        elif self.target == "syslog":
            syslog.syslog(_PRIORITIES[level], message)
        elif self.file is None and "JOURNAL_STREAM" in os.environ:
            self._print(f"<{_PRIORITIES[level]}>{message}\n")
        else:
            self._print(f"{self._time()} {_NAMES[level]} {self.program}: {message}\n")

    def _print(self, line: str) -> None:
        # A full disk or a closed terminal must not stop a mail server.
        with contextlib.suppress(OSError, ValueError), self.lock:
            stream = self.file or sys.stderr
            stream.write(line)
            stream.flush()

    def _time(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = second
        return f"{self._second_text}.{int((now - second) * 1000):03d}Z"


_output: Final = _Output()


class Logger:
    """Writes events of one part of the program; :meth:`bind` adds fields to all that follow."""

    __slots__ = ("_bound", "name")

    def __init__(self, name: str, bound: Mapping[str, object] | None = None) -> None:
        """Write in the name of ``name`` and with the fields ``bound``."""
        self.name = name
        self._bound: dict[str, object] = dict(bound or {})

    def bind(self, **fields: object) -> Logger:
        """Return a logger that adds ``fields`` (a connection id, say) to every line."""
        return Logger(self.name, self._bound | fields)

    def enabled(self, level: int) -> bool:
        """Tell whether lines of this level are written; ask before computing expensive fields."""
        return level <= _output.level

    def critical(self, event: str, /, **fields: object) -> None:
        """Say that the program cannot go on."""
        self._emit(CRITICAL, event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        """Say that something failed that should not."""
        if _output.level >= ERROR:
            self._emit(ERROR, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        """Say that somebody should look at something."""
        if _output.level >= WARNING:
            self._emit(WARNING, event, fields)

    def notice(self, event: str, /, **fields: object) -> None:
        """Say something that an operator wants to see in normal operation."""
        if _output.level >= NOTICE:
            self._emit(NOTICE, event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        """Say what was done."""
        if _output.level >= INFO:
            self._emit(INFO, event, fields)

    def debug(self, event: str, /, **fields: object) -> None:
        """Say how it was done."""
        if _output.level >= DEBUG:
            self._emit(DEBUG, event, fields)

    def exception(self, event: str, error: BaseException, /, **fields: object) -> None:
        """Log an unexpected error with its traceback, in one line."""
        trace = "".join(traceback.format_exception(error))[-_MAX_TRACEBACK:]
        self._emit(ERROR, event, fields, tail=f" traceback={_quoted(trace)}")

    def auth_rejected(
        self, operation: str, /, *, address: str, user: str, reason: str, **fields: object
    ) -> None:
        """Log a refused login in the shape that fail2ban filters look for.

        The line holds ``rhost=[<address>] user=<name> <operation> rejected: <reason>``; ``operation`` is
        ``LOGIN phase1`` and the like in IMAP, ``login`` in POP3, ``HTTP auth`` in HTTP.
        """
        if _output.level >= NOTICE:
            others = _fields(self._bound | fields)
            shown = _one_word(user)
            _output.write(
                NOTICE, f"rhost=[{_one_word(address)}] user={shown} {operation} rejected: {reason}{others}"
            )

    def _emit(self, level: int, event: str, fields: Mapping[str, object], tail: str = "") -> None:
        if self._bound:
            fields = self._bound | dict(fields)
        _output.write(level, f"{event}{_fields(fields)}{tail}")


def get_logger(name: str) -> Logger:
    """Return a logger for a module or part of the program."""
    return Logger(name)


def configure(program: str, level: int = NOTICE, target: str = "-") -> None:
    """Say once per process how much is logged and where.

    Args:
        program: the name in front of the lines.
        level: 1 to 6; lines of higher levels are dropped.
        target: ``-`` for standard error, ``syslog``, or the name of a file to append to.

    Raises:
        OSError: the file cannot be opened; the log goes on where it went.
    """
    file = None
    if target == "syslog":
        syslog.openlog(program, syslog.LOG_PID, syslog.LOG_MAIL)
    elif target != "-":
        opened = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        file = os.fdopen(opened, "w", encoding="utf-8", errors="backslashreplace")
    with _output.lock:
        former, _output.file = _output.file, file
        _output.program, _output.level, _output.target = program, max(CRITICAL, min(level, DEBUG)), target
    if former is not None:
        former.close()
    _take_over_library_logs()


def reopen() -> None:
    """Open a log file again by its name, after it was rotated away."""
    configure(_output.program, _output.level, _output.target)


@contextlib.contextmanager
def captured(level: int = DEBUG) -> Iterator[list[str]]:
    """Collect lines (``level event key=value …``) in a list instead of writing them; for tests."""
    former = (_output.level, _output.captured)
    lines: list[str] = []
    _output.level, _output.captured = level, lines
    try:
        yield lines
    finally:
        _output.level, _output.captured = former


class _LibraryHandler(logging.Handler):
    """Brings what libraries say through the standard library's logging into our log."""

    def emit(self, record: logging.LogRecord) -> None:
        level = ERROR if record.levelno >= logging.ERROR else WARNING
        if _output.level >= level:
            said = record.getMessage()
            _output.write(level, f"library message{_fields({'library': record.name, 'said': said})}")


def _take_over_library_logs() -> None:
    root = logging.getLogger()
    if not any(isinstance(handler, _LibraryHandler) for handler in root.handlers):
        root.addHandler(_LibraryHandler(logging.WARNING))


def _fields(fields: Mapping[str, object]) -> str:
    return "".join(f" {key}={_shown(value)}" for key, value in fields.items())


def _shown(value: object) -> str:
    if type(value) is str and len(value) <= _MAX_VALUE and _PLAIN(value) and value.isprintable():
        return value  # nearly always: 0.3 us instead of 2
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (int, Secret)):
        return str(value)
    if isinstance(value, BaseException):
        value = f"{type(value).__name__}: {value}"
    elif isinstance(value, (bytes, bytearray, memoryview)):
        value = bytes(value[:_MAX_VALUE]).decode("utf-8", "backslashreplace")
    told = str(value)
    if len(told) > _MAX_VALUE:
        told = told[:_MAX_VALUE] + "…"
    return told if _PLAIN(told) and told.isprintable() else _quoted(told)


def _quoted(told: str) -> str:
    r"""Return text in double quotes in which no control character can start a new line."""
    safe = told.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    if not safe.isprintable():
        safe = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in safe)
    return f'"{safe}"'


def _one_word(told: str) -> str:
    """Return text that cannot pretend to be another part of the line."""
    return "".join(
        c if c.isprintable() and c not in ' []="\\' else f"\\u{ord(c):04x}" for c in told[:_MAX_VALUE]
    )
