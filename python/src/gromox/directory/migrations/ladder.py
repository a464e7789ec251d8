"""The numbered steps from schema number 0 to 133.

Spec:
    Fact sheet db-schema.md, "Upgrade history". Numbers that belong together are one step here; a database
    that stands in the middle of one goes through it again, which is harmless because every change looks
    before it acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.directory.user_property import DISPLAY_TYPE_EX

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.directory.migrations.alteration import Alteration


@dataclass(frozen=True, slots=True)
class Step:
    """What leads a database to schema number ``number``."""

    number: int
    run: Callable[[Alteration], None]


#: Columns that held addresses of at most 128 characters.
_ADDRESSES: Final = (
    *(("aliases", "aliasname"), ("aliases", "mainname"), ("associations", "username")),
    *(("domains", "domainname"), ("forwards", "username"), ("forwards", "destination")),
    *(("groups", "groupname"), ("mlists", "listname"), ("specifieds", "username"), ("users", "username")),
)
#: Personal columns of users and the properties they became.
_PERSONAL: Final = (
    *(("homeaddress", 979173407), ("nickname", 978255903), ("tel", 973602847), ("tel", 974782495)),
    *(("cell", 974913567), ("memo", 805568543), ("title", 974585887), ("real_name", 805371935)),
)
_LANGUAGES: Final = (
    *(("cn", "zh_TW"), ("cz", "cs"), ("dk", "da"), ("jp", "ja")),
    *(("no", "nb"), ("pt", "pt_BR"), ("si", "sl"), ("zh", "zh_CN")),
)
#: (address_type, sub_type) and the display type it became; a list has whatever sub_type.
_DISPLAY_TYPES: Final = (
    ("address_type = 2", 1),
    ("address_type != 2 AND sub_type = 1", 7),
    ("address_type != 2 AND sub_type = 2", 8),
    ("address_type != 2 AND sub_type NOT IN (1, 2)", 0),
)


def _options(change: Alteration) -> None:
    change.create("options")


def _widen_addresses(change: Alteration) -> None:
    for table, column in _ADDRESSES:
        change.shape(table, column)
    change.shape_as("classes", "listname", "varchar(320) CHARACTER SET ascii COLLATE ascii_general_ci NULL")
    change.shape_as(
        "members", "username", "varchar(320) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL"
    )


def _widen_passwords(change: Alteration) -> None:
    for table in ("groups", "users"):
        change.shape(table, "password")


def _alias_keys(change: Alteration) -> None:
    change.run("DELETE FROM aliases WHERE aliasname NOT LIKE '%@%'")
    if change.has_column("domains", "domain_type"):
        change.run("DELETE FROM domains WHERE domain_type = 1")
    if change.has_column("users", "address_type"):
        change.run("DELETE FROM users WHERE address_type = 1")
    change.drop("aliases", "id")
    change.primary_key("aliases", "aliasname")
    change.drop_index("aliases", "aliasname")
    change.foreign_keys("aliases")


def _personal_properties(change: Alteration) -> None:
    change.create("user_properties")
    for column, tag in _PERSONAL:
        if change.has_column("users", column):
            change.run(
                "INSERT IGNORE INTO user_properties (user_id, proptag, propval_str) "
                f"SELECT id, :tag, `{column}` FROM users WHERE `{column}` != ''",
                tag=tag,
            )
    change.drop("users", *dict.fromkeys(column for column, _ in _PERSONAL))


def _roles(change: Alteration) -> None:
    for table in ("admin_roles", "admin_role_permission_relation", "admin_user_role_relation"):
        change.create(table)


def _unused_columns(change: Alteration) -> None:
    change.drop("users", "mobile_phone", "create_day", "max_file")
    if change.has_column("domains", "domain_type"):
        change.run("DELETE FROM domains WHERE domain_type != 0")
    change.drop("domains", "create_day", "domain_type", "password", "media", "max_size", "privilege_bits")
    change.drop("groups", "create_day")


def _externid(change: Alteration) -> None:
    change.add("users", "externid")


def _property_cascade(change: Alteration) -> None:
    change.foreign_keys("user_properties")


def _groups(change: Alteration) -> None:
    change.drop("groups", "group_status", "privilege_bits", "max_user", "max_size")
    change.drop("classes", "group_id")
    change.add("classes", "filters")


def _orgs(change: Alteration) -> None:
    if change.has_column("orgs", "memo"):
        for column in ("name", "description"):
            if not change.has_column("orgs", column):
                change.run(f"ALTER TABLE orgs ADD COLUMN `{column}` varchar(128) NULL")
        change.run("UPDATE orgs SET name = LEFT(memo, 32), description = memo WHERE name IS NULL")
        change.run("UPDATE orgs SET name = CONCAT('org', id) WHERE name = ''")
    else:
        change.add("orgs", "name")
        change.add("orgs", "description")
    change.shape("orgs", "name")
    change.shape("orgs", "description")
    change.drop("orgs", "memo")


def _sync_policy(change: Alteration) -> None:
    change.add("users", "sync_policy")
    change.add("domains", "sync_policy")


def _chat(change: Alteration) -> None:
    change.add("users", "chat_id")
    change.add("domains", "chat_id")


def _several_values(change: Alteration) -> None:
    change.add("user_properties", "order_id")
    change.primary_key("user_properties", "user_id", "proptag", "order_id")


def _display_types(change: Alteration) -> None:
    if change.has_column("users", "address_type") and change.has_column("users", "sub_type"):
        for condition, kind in _DISPLAY_TYPES:
            change.run(
                "INSERT IGNORE INTO user_properties (user_id, proptag, order_id, propval_str) "
                f"SELECT id, :tag, 1, :kind FROM users WHERE {condition}",
                tag=DISPLAY_TYPE_EX,
                kind=str(kind),
            )
    change.drop("users", "address_type", "sub_type")
    change.index("users", "maildir")


def _primary_email(change: Alteration) -> None:
    change.add("users", "primary_email")


def _devices(change: Alteration) -> None:
    change.create("user_devices")
    change.create("user_device_history")


def _languages(change: Alteration) -> None:
    for former, now in _LANGUAGES:
        change.run("UPDATE users SET lang = :now WHERE lang = :former", now=now, former=former)


def _servers(change: Alteration) -> None:
    change.create("servers")
    change.add("users", "homeserver")
    change.add("domains", "homeserver")


def _altname_column(change: Alteration) -> None:
    change.add("users", "altname")
    change.index("users", "altname", unique=True)
    change.drop("users", "max_size")


def _lists(change: Alteration) -> None:
    change.foreign_keys("mlists")
    # Groups by filter hang on a list now; one without has no meaning any more.
    change.run("DELETE FROM classes WHERE listname IS NULL OR listname = ''")
    if not change.has_column("classes", "domain_id"):
        change.run("ALTER TABLE classes ADD COLUMN domain_id int(10) unsigned NOT NULL DEFAULT 0")
    change.run("UPDATE classes c JOIN users u ON u.username = c.listname SET c.domain_id = u.domain_id")
    change.shape("classes", "domain_id")
    change.shape("classes", "listname")
    change.index("classes", "domain_id")
    change.foreign_keys("classes")
    change.drop_table("members")
    change.drop_table("hierarchy")


def _associations(change: Alteration) -> None:
    change.drop("associations", "id")
    change.primary_key("associations", "list_id", "username")
    change.drop_index("associations", "list_id", "username")
    change.drop_index("associations", "list_id")


def _altnames(change: Alteration) -> None:
    change.create("altnames")
    change.run(
        "INSERT IGNORE INTO altnames (user_id, altname, magic) "
        "SELECT id, altname, 0 FROM users WHERE altname IS NOT NULL AND altname != ''"
    )


def _member_index(change: Alteration) -> None:
    change.index("associations", "username")


def _creates(table: str) -> Callable[[Alteration], None]:
    def run(change: Alteration) -> None:
        change.create(table)

    return run


LADDER: Final = (
    Step(1, _options),
    Step(14, _widen_addresses),
    Step(17, _widen_passwords),
    Step(24, _alias_keys),
    Step(40, _personal_properties),
    Step(43, _roles),
    Step(54, _unused_columns),
    Step(55, _externid),
    Step(57, _property_cascade),
    Step(70, _groups),
    Step(71, _creates("configs")),
    Step(74, _orgs),
    Step(75, _creates("fetchmail")),
    Step(77, _sync_policy),
    Step(79, _chat),
    Step(81, _several_values),
    Step(87, _display_types),
    Step(90, _primary_email),
    Step(91, _creates("secondary_store_hints")),
    Step(93, _devices),
    Step(101, _languages),
    Step(102, _creates("tasq")),
    Step(108, _servers),
    Step(109, _creates("orgparam")),
    Step(112, _altname_column),
    Step(122, _lists),
    Step(128, _associations),
    Step(131, _altnames),
    Step(132, _member_index),
    Step(133, _creates("disabled_plugins")),
)
