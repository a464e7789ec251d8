"""What the service functions work on: the user database, where stores lie, and to whom files belong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service import configuration as administration
from gromox.admin.service.configuration import Configuration
from gromox.admin.service.errors import ConfigurationError
from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.ids import SYSTEM_IDS
from gromox.base.settings import load
from gromox.directory.directory import Directory
from gromox.directory.paths import StorePaths
from gromox.directory.settings import PROGRAM

if TYPE_CHECKING:
    from gromox.base.clock import Clock
    from gromox.base.ids import Ids

_DATABASE_KEYS: Final = (
    ("DB.host", "mysql_host"),
    ("DB.port", "mysql_port"),
    ("DB.user", "mysql_username"),
    ("DB.pass", "mysql_password"),
    ("DB.database", "mysql_dbname"),
)


@dataclass(slots=True)
class Site:
    """One installation, as an administrator's program sees it."""

    directory: Directory
    configuration: Configuration = field(default_factory=Configuration)
    clock: Clock = SYSTEM_CLOCK
    ids: Ids = SYSTEM_IDS

    def close(self) -> None:
        """Close the connections to the user database."""
        self.directory.close()


def open_site(location: Path | None = None) -> Site:
    """Open the installation whose configuration is at ``location``.

    Args:
        location: a folder with mysql_adaptor.cfg (and perhaps conf.d/*.yaml), or a mysql_adaptor.cfg; None
            for the places of the installed system.

    Raises:
        SettingsError, ConfigurationError: a configuration file is wrong.
    """
    if location is not None and not location.exists():
        raise ConfigurationError(
            f"{location}: no such file or folder; -c takes the folder of mysql_adaptor.cfg"
        )
    configuration = administration.read(administration.administration_directory(location))
    is_folder = location is not None and location.is_dir()
    settings = load(
        PROGRAM,
        config=None if is_folder else location,
        search=(location,) if is_folder and location is not None else None,
        overrides=_database(configuration),
    )
    directory = Directory.open(settings)
    directory.paths = _paths(configuration, directory.paths)
    return Site(directory, configuration)


def _database(configuration: Configuration) -> dict[str, str]:
    """Return the directives that the DB section of the YAML files stands for; only what it sets itself."""
    return {
        directive: configuration.text(key) for key, directive in _DATABASE_KEYS if configuration.origins(key)
    }


def _paths(configuration: Configuration, paths: StorePaths) -> StorePaths:
    user, domain = (
        Path(configuration.text(key)) if configuration.origins(key) else default
        for key, default in (("options.userPrefix", paths.user), ("options.domainPrefix", paths.domain))
    )
    return StorePaths(user, domain)
