from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gromox.base.secret import Secret
from gromox.base.settings import (
    Endpoint,
    Option,
    Program,
    Settings,
    SettingsError,
    boolean,
    check,
    host_list,
    integer,
    listen_list,
    load,
    optional_path,
    path_list,
    quantity,
    secret,
    text,
    timespan,
)

if TYPE_CHECKING:
    from pathlib import Path

LISTEN: Option[tuple[Endpoint, ...]] = Option(
    "x_listen", listen_list, (Endpoint("::", 143),), "Where to listen."
)
TIMEOUT = Option(
    "x_timeout", timespan, 180.0, "Silence.", low=30, high=3600, aliases=("x_idle",), reloadable=True
)
MEMORY = Option("x_memory", quantity, 128 * 1024, "Memory.", low=4096)
TRIES = Option("x_tries", integer, 10, "Tries.", unit="logins")
TLS = Option("x_tls", boolean, False, "TLS.")
PROTOCOL = Option("x_protocol", text, "both", "Which.", choices=("lmtp", "smtp", "both"))
PASSWORD = Option("x_password", secret, Secret(""), "Password.", secret=True)
PORT = Option("x_port", integer, 1, "A number that must not be told.", secret=True)
KEY = Option("x_key", optional_path, None, "Key.")
LEVEL = Option("x_log_level", integer, 4, "Level.", low=1, high=6, reloadable=True)
ALLOW: Option[tuple[str, ...]] = Option("x_hosts_allow", host_list, ("::1",), "Peers.")
SEARCH: Option[tuple[Path, ...]] = Option("config_file_path", path_list, (), "Folders.")
PROGRAM = Program(
    "x",
    "the X server",
    ("gromox.cfg", "x.cfg"),
    (LISTEN, TIMEOUT, MEMORY, TRIES, TLS, PROTOCOL, PASSWORD, PORT, KEY, LEVEL, ALLOW, SEARCH),
    description="It serves X. Nothing else does.",
)


def test_without_files_there_are_the_defaults(tmp_path: Path) -> None:
    settings = load(PROGRAM, search=[tmp_path])

    assert settings[LISTEN] == (Endpoint("::", 143),)
    assert settings[TIMEOUT] == 180.0
    assert settings.origin(TIMEOUT) == "default"
    assert settings.warnings == ()
    assert settings.search_path == str(tmp_path)


def test_the_default_search_path_is_that_of_the_manual() -> None:
    assert load(PROGRAM).search_path == "/etc/gromox/x:/etc/gromox"


def test_later_files_override_earlier_ones_and_folders_are_searched_in_order(tmp_path: Path) -> None:
    own, shared = tmp_path / "x", tmp_path
    own.mkdir()
    (shared / "gromox.cfg").write_text("x_tries = 3\nX_Timeout = 1min\nhttp_listen = [::]:80\n")
    (shared / "x.cfg").write_text("x_tries = 4\n")
    (own / "x.cfg").write_text("# nearer\n\nx_tries = 5\n")

    settings = load(PROGRAM, search=f"{own}:{shared}")

    assert settings[TRIES] == 5
    assert settings.origin(TRIES) == f"{own / 'x.cfg'}:3"
    assert settings[TIMEOUT] == 60.0


def test_a_given_file_replaces_all_others(tmp_path: Path) -> None:
    (tmp_path / "x.cfg").write_text("x_tries = 4\n")
    given = tmp_path / "given"
    given.write_text("x_memory = 1M\n")

    settings = load(PROGRAM, config=given, search=[tmp_path])

    assert (settings[TRIES], settings[MEMORY]) == (10, 1 << 20)


def test_config_file_path_in_the_first_file_moves_the_search(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "gromox.cfg").write_text(f"config_file_path = {tmp_path / 'elsewhere'}\n")
    (tmp_path / "elsewhere" / "x.cfg").write_text("x_tries = 7\n")

    settings = load(PROGRAM, search=[tmp_path])

    assert settings[TRIES] == 7
    assert settings.search == (tmp_path / "elsewhere",)


def test_program_defaults_lose_and_overrides_win(tmp_path: Path) -> None:
    (tmp_path / "x.cfg").write_text("x_tries = 4\nx_memory = 8K\n")

    settings = load(
        PROGRAM,
        search=[tmp_path],
        defaults={"x_tries": "3", "x_listen": "[::1]:10143"},
        overrides={"x_memory": "16K"},
    )

    assert (settings[TRIES], settings[MEMORY], settings[LISTEN]) == (4, 16384, (Endpoint("::1", 10143),))
    assert settings.origin(LISTEN) == "program default"
    assert settings.origin(MEMORY) == "override"


def test_replaced_values_stay_after_a_reload(tmp_path: Path) -> None:
    settings = load(PROGRAM, search=[tmp_path]).replaced({"x_log_level": "6"})

    assert settings[LEVEL] == 6
    assert settings.reloaded().settings[LEVEL] == 6
    assert settings.reloaded().changed == ()


def test_a_former_name_works_and_is_told() -> None:
    settings = Settings.of(PROGRAM, {"x_idle": "2min"})

    assert settings[TIMEOUT] == 120.0
    assert settings.warnings == ("override: x_idle is deprecated; write x_timeout",)


@pytest.mark.parametrize(("given", "used"), [("1s", 30.0), ("2h", 3600.0), ("31s", 31.0)])
def test_numbers_are_clamped(given: str, used: float) -> None:
    settings = Settings.of(PROGRAM, {"x_timeout": given})

    assert settings[TIMEOUT] == used
    assert bool(settings.warnings) == (given != "31s")


def test_a_clamped_number_keeps_its_type_and_is_told() -> None:
    settings = Settings.of(PROGRAM, {"x_memory": "1K"})

    assert isinstance(settings[MEMORY], int)
    assert settings.warnings == ("override: x_memory = 1K is below the limit; 4K is used",)


def test_choices_are_taken_whatever_their_case() -> None:
    assert Settings.of(PROGRAM, {"x_protocol": "LMTP"})[PROTOCOL] == "lmtp"
    with pytest.raises(SettingsError, match="write one of lmtp, smtp, both"):
        Settings.of(PROGRAM, {"x_protocol": "uucp"})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x_tries = many", "x_tries = many: write a whole number"),
        ("x_timeout = 3 fortnights", "'fortnights' is not a unit of time"),
        ("x_memory = 3X", "suffixes k M G"),
        ("x_listen = 143", "write \\[::\\]:143"),
        ("x_hosts_allow = ::1, ::2", "separate the addresses by blanks"),
        ("x_protocol = pigeon", "write one of lmtp, smtp, both"),
        ("just words", "write key = value"),
        ("= value", "write key = value"),
    ],
)
def test_an_error_says_where_and_what_to_do(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "x.cfg"
    file.write_text(f"# first\n{line}\n")

    with pytest.raises(SettingsError, match=message) as caught:
        load(PROGRAM, search=[tmp_path])

    assert str(caught.value).startswith(f"{file}:2: ")
    assert caught.value.origin == f"{file}:2"


def test_an_error_does_not_tell_a_secret() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.of(PROGRAM, {"x_port": "hunter2"})

    assert "hunter2" not in str(caught.value)


def test_a_missing_given_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(No such file"):
        load(PROGRAM, config=tmp_path / "absent")


def test_an_unknown_name_in_code_is_an_error() -> None:
    with pytest.raises(SettingsError, match="no directive x_nonsense"):
        Settings.of(PROGRAM, {"x_nonsense": "1"})


def test_reload_takes_over_only_what_can_be_reloaded(tmp_path: Path) -> None:
    file = tmp_path / "x.cfg"
    file.write_text("x_log_level = 4\nx_tries = 3\n")
    settings = load(PROGRAM, search=[tmp_path])
    file.write_text("x_log_level = 6\nx_tries = 9\n")

    outcome = settings.reloaded()

    assert (outcome.settings[LEVEL], outcome.settings[TRIES]) == (6, 3)
    assert outcome.changed == (LEVEL,)
    assert outcome.waiting == (TRIES,)
    assert outcome.settings.origin(LEVEL) == f"{file}:1"
    assert settings[LEVEL] == 4


def test_a_reload_of_a_wrong_file_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "x.cfg"
    file.write_text("x_log_level = 5\n")
    settings = load(PROGRAM, search=[tmp_path])
    file.write_text("x_log_level = loud\n")

    with pytest.raises(SettingsError):
        settings.reloaded()
    assert settings[LEVEL] == 5


def test_check_reports_everything_at_once(tmp_path: Path) -> None:
    file = tmp_path / "x.cfg"
    file.write_text("x_tries = 1\nx_tries = 2\nx_idle = 1s\nnonsense = 1\nx_memory = lots\n")

    problems = check(PROGRAM, file)

    assert [problem.replace(str(file), "x.cfg") for problem in problems] == [
        "warning: x.cfg:2: x_tries replaces the value given at x.cfg:1",
        "warning: x.cfg:3: x_idle is deprecated; write x_timeout",
        "warning: x.cfg:3: x_timeout = 1s is below the limit; 30s is used",
        "warning: x.cfg:4: the X server has no directive nonsense; it has no effect",
        (
            "error: x.cfg:5: x_memory = lots: write a number, optionally with one of the suffixes "
            "k M G T P E Z Y R Q: 64M or 1.5G"
        ),
    ]


def test_check_knows_what_the_shared_file_holds_for_others(tmp_path: Path) -> None:
    (tmp_path / "gromox.cfg").write_text("http_listen = [::]:80\nnonsense = 1\n")

    problems = check(PROGRAM, search=[tmp_path])

    assert len(problems) == 1
    assert "nonsense" in problems[0]
    # The same in a file given in place of all; but not in the program's own.
    assert len(check(PROGRAM, (tmp_path / "gromox.cfg").rename(tmp_path / "temporary"))) == 1
    assert len(check(PROGRAM, (tmp_path / "temporary").rename(tmp_path / "x.cfg"))) == 2


def test_check_lets_a_general_directive_stand_beside_the_own_one(tmp_path: Path) -> None:
    limit = Option("x_limit", integer, 0, "Limit.", general="all_limit")
    file = tmp_path / "x.cfg"
    file.write_text("x_limit = 1\nall_limit = 2\n")

    assert check(Program("x", "the X server", ("x.cfg",), (limit,)), file) == []


def test_check_of_a_missing_or_broken_file(tmp_path: Path) -> None:
    assert check(PROGRAM, search=[tmp_path]) == []
    assert check(PROGRAM, tmp_path / "absent")[0].startswith("error: ")
