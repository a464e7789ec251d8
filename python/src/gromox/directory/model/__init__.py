"""The tables of the user database at schema number 133, as SQLAlchemy models.

Spec:
    Fact sheet db-schema.md, "Tables". Names, widths, character sets, keys, foreign keys and defaults are
    exact on MariaDB; on SQLite the same names with the types it has, ASCII case ignored in comparisons as on
    MariaDB.
"""

from gromox.directory.model.administration import (
    AdminRole,
    AdminRolePermission,
    AdminUserRole,
    Config,
    Fetchmail,
    Option,
    Task,
)
from gromox.directory.model.base import Base
from gromox.directory.model.group import Association, Group, GroupClass, Mlist, Specified
from gromox.directory.model.organisation import DisabledPlugin, Domain, Org, OrgParam, Server
from gromox.directory.model.user import (
    Alias,
    Altname,
    Forward,
    SecondaryStoreHint,
    User,
    UserDevice,
    UserDeviceHistory,
    UserProperty,
)

__all__ = [
    "AdminRole",
    "AdminRolePermission",
    "AdminUserRole",
    "Alias",
    "Altname",
    "Association",
    "Base",
    "Config",
    "DisabledPlugin",
    "Domain",
    "Fetchmail",
    "Forward",
    "Group",
    "GroupClass",
    "Mlist",
    "Option",
    "Org",
    "OrgParam",
    "SecondaryStoreHint",
    "Server",
    "Specified",
    "Task",
    "User",
    "UserDevice",
    "UserDeviceHistory",
    "UserProperty",
]
