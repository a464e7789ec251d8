"""The keys of the administration's configuration: kind and default of each.

Spec: reference/system/admin-api.md, section "Configuration".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.admin.service.configuration import Value


@dataclass(frozen=True, slots=True)
class Key:
    """One key; ``open`` ones are maps whose own keys are free."""

    name: str
    kind: type[str | int | float | bool | list[object] | dict[str, object]]
    default: str | int | float | bool | tuple[str, ...] | None = None
    open: bool = False
    secret: bool = False


KEYS: Final[tuple[Key, ...]] = (
    Key("DB.user", str),
    Key("DB.pass", str, secret=True),
    Key("DB.database", str),
    Key("DB.host", str, "127.0.0.1"),
    Key("DB.port", int, 3306),
    Key("DB.sessionTimeout", int, 28800),
    Key("DB.schemaCompat", bool, default=False),
    Key("dns.disabled", bool, default=False),
    Key("dns.dudIP", str, "172.16.254.254"),
    Key("dns.externalResolvers", list, ("1.1.1.1", "1.0.0.1")),
    Key("openapi.validateRequest", bool, default=True),
    Key("openapi.validateResponse", bool, default=True),
    Key("options.dataPath", str, "/usr/share/grommunio-admin-common"),
    Key("options.portrait", str, "portrait.jpg"),
    Key("options.domainPrefix", str, "/var/lib/gromox/domain/"),
    Key("options.userPrefix", str, "/var/lib/gromox/user/"),
    Key("options.serverExplicitMount", bool, default=False),
    Key("options.exmdbHost", str, "::1"),
    Key("options.exmdbPort", int, 5000),
    Key("options.domainStorageLevels", int, 1),
    Key("options.userStorageLevels", int, 2),
    Key("options.dashboard.services", list, ()),
    Key("options.fileUid", str),
    Key("options.fileGid", str),
    Key("options.filePermissions", str),
    Key("options.licenseFile", str),
    Key("options.subscriptionFile", str),
    Key("options.antispamUrl", str, "http://localhost:11334"),
    Key("options.antispamEndpoints", list, ("stat", "graph", "errors", "history")),
    # Ours: the role antispam makes the folder and sets them.
    Key("options.dkimPath", str, ""),
    Key("options.dkimSelector", str, "dkim"),
    Key("options.dkimBits", int, 2048),
    Key("options.vhosts", dict, open=True),
    Key("options.disableDB", bool, default=False),
    Key("options.disableRemoteCli", bool, default=False),
    Key("options.systemdUser", bool, default=False),
    Key("options.serverPolicy", str, "round-robin"),
    Key("options.updateLogPath", str, "/var/log/grommunio-update.log"),
    Key("options.updateSkriptPath", str, "/usr/sbin/grommunio-update"),
    Key("options.jwtExpiresAfter", int, 604800),
    Key("security.jwtPrivateKeyFile", str, "/var/lib/grommunio-admin-api/auth-private.pem"),
    Key("security.jwtPublicKeyFile", str, "/var/lib/grommunio-admin-api/auth-public.pem"),
    Key("security.rsaKeySize", int, 4096),
    Key("security.disableCSRF", bool, default=False),
    Key("mconf.ldapPath", str, "/etc/gromox/ldap_adaptor.cfg"),
    Key("mconf.authmgrPath", str, "/etc/gromox/authmgr.cfg"),
    Key("mconf.fileUid", str),
    Key("mconf.fileGid", str),
    Key("mconf.filePermissions", str),
    Key("logs", dict, open=True),
    Key("sync.host", str, "127.0.0.1"),
    Key("sync.port", int, 6379),
    Key("sync.db", int, 0),
    Key("sync.password", str, secret=True),
    Key("sync.syncStateFolder", str, "GS-SyncState"),
    Key("sync.policyHosts", list, ("127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1")),
    Key("sync.defaultPolicy", dict, open=True),
    Key("sync.topTimestampKey", str, "grommunio-sync:topenabledat"),
    Key("sync.topdataKey", str, "grommunio-sync:topdata"),
    Key("sync.topExpireEnded", int, 20),
    Key("sync.topExpireUpdate", int, 120),
    Key("chat.connection", dict, open=True),
    Key("tasq.disabled", bool, default=False),
    Key("tasq.workers", int, 1),
    Key("tasq.stackTraceDepth", int, 7),
    Key("logging.level", str, "WARNING"),
    Key("logging.loggers", dict, open=True),
)

SECRET_KEYS: Final = frozenset(key.name for key in KEYS if key.secret)
_BY_NAME: Final[Mapping[str, Key]] = {key.name: key for key in KEYS}
_KIND_NAMES: Final[Mapping[type, str]] = {
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a map",
}


def _defaults() -> dict[str, Value]:
    tree: dict[str, Value] = {}
    for key in KEYS:
        if key.default is None and not key.open:
            continue
        *sections, last = key.name.split(".")
        here = tree
        for section in sections:
            below = here.setdefault(section, {})
            if not isinstance(below, dict):
                raise TypeError(f"{key.name}: {section} is declared as a value")
            here = below
        here[last] = {} if key.open else list(key.default) if isinstance(key.default, tuple) else key.default
    return tree


DEFAULTS: Final[Mapping[str, Value]] = _defaults()


def problem_of(key: str, value: Value) -> str | None:
    """Return what is wrong with a leaf of a file, or None: an unknown key or a value of another kind."""
    declared = _BY_NAME.get(key)
    if declared is None:
        parent = next((known for known in KEYS if known.open and key.startswith(f"{known.name}.")), None)
        if parent is not None or (value == {} and any(name.startswith(f"{key}.") for name in _BY_NAME)):
            return None
        return "is not known"
    if value is None:
        return None
    # numbers are fine where a text is wanted (user ids, modes), a bool is not a number
    accepted = (str, int) if declared.kind is str else (declared.kind,)
    if isinstance(value, accepted) and (declared.kind is bool or not isinstance(value, bool)):
        return None
    return f"expected {_KIND_NAMES[declared.kind]}"
