"""Renders what the roles write, with Ansible's own engine and the facts of a system that is not at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from tests.support.collections import TREE

ROLES: Final = tuple(sorted(path.name for path in (TREE / "roles").iterdir() if path.is_dir()))
_INVENTORY: Final = TREE / "inventories/single/group_vars/all"
_MODULE: Final = "ansible.builtin.template"

#: One for all: it remembers what it has read.
_LOADER: Final = DataLoader()


@dataclass(frozen=True, slots=True)
class System:
    """An operating system by what Ansible would say of it."""

    family: str
    distribution: str
    version: str

    @property
    def facts(self) -> dict[str, object]:
        """The facts that roles use."""
        return {
            "architecture": "x86_64",
            "default_ipv4": {"address": "192.0.2.25"},
            "distribution": self.distribution,
            "distribution_major_version": self.version.partition(".")[0],
            "distribution_version": self.version,
            "env": {},
            "fqdn": "mail.example.org",
            "lo": {"ipv6": [{"address": "::1"}]},
            "memtotal_mb": 8000,
            "os_family": self.family,
            "processor_vcpus": 4,
            "services": {},
            "virtualization_type": "kvm",
        }


SYSTEMS: Final = {
    "debian12": System("Debian", "Debian", "12.11"),
    "debian13": System("Debian", "Debian", "13.2"),
    "ubuntu2404": System("Debian", "Ubuntu", "24.04"),
    "ubuntu2604": System("Debian", "Ubuntu", "26.04"),
    "leap156": System("Suse", "openSUSE Leap", "15.6"),
    "leap160": System("Suse", "openSUSE Leap", "16.0"),
    "sles15": System("Suse", "SLES", "15.7"),
}

#: What tasks learn on the host before they render.
_LEARNED: Final[Mapping[str, object]] = {
    "__antispam_admin": {"stat": {"exists": True}},
    "__fail2ban_admin": {"stat": {"exists": True}},
    "__gromox_bundle_file": {"stat": {"checksum": "0123456789abcdef"}},
    "__gromox_password_read": {"content": "c2VjcmV0"},
    "mail_postfix_password": {"content": "c2VjcmV0"},
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file as a role would write it."""

    path: str
    text: str


def load(file: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Read a YAML file as Ansible reads it."""
    return _LOADER.load_from_file(str(file), trusted_as_template=True)


class Role:
    """A role with the variables of the example inventory on a system."""

    def __init__(self, name: str, system: System, **more: object) -> None:
        """Load defaults, variables and inventory, the later before the earlier."""
        self.folder = TREE / "roles" / name
        self._variables: dict[str, Any] = {
            "ansible_facts": system.facts,
            "ansible_check_mode": False,
            "ansible_managed": trust_as_template("Ansible managed"),
            "inventory_hostname": "mail.example.org",
            "role_path": str(self.folder),
            "playbook_dir": str(TREE / "playbooks"),
        }
        for file in (
            self.folder / "defaults/main.yml",
            *sorted(_INVENTORY.glob("*.yml")),
            self.folder / "vars/main.yml",
            self.folder / f"vars/{system.family}.yml",
        ):
            if file.exists():
                self._variables |= load(file) or {}
        self._variables |= {**_LEARNED, **more}

    def value(self, expression: str, **more: object) -> Any:  # noqa: ANN401 - whatever the variable holds
        """Evaluate a template text."""
        return self._templar(more).template(trust_as_template(expression))

    def files(self) -> Iterator[Rendered]:
        """Render every template of every task, once for each item of its loop."""
        for task_file in sorted(self.folder.glob("tasks/**/*.yml")):
            for task in load(task_file) or []:
                if _MODULE in task:
                    yield from self._rendered(task)

    def _rendered(self, task: Mapping[str, Any]) -> Iterator[Rendered]:
        arguments, extra = task[_MODULE], task.get("vars", {})
        items = self._templar(extra).template(task["loop"]) if "loop" in task else [None]
        for item in items:
            templar = self._templar({**extra, "item": item})
            source = self.folder / "templates" / templar.template(arguments["src"])
            yield Rendered(templar.template(arguments["dest"]), self.render(source, {**extra, "item": item}))

    def render(self, source: Path, more: Mapping[str, object]) -> str:
        """Render one template as the module would."""
        templar = self._templar(more)
        text = trust_as_template(source.read_text())
        # As the module does: blocks take their line end with them, and a last line end stays.
        return str(templar.template(text, overrides={"trim_blocks": True, "keep_trailing_newline": True}))

    def _templar(self, more: Mapping[str, object]) -> Templar:
        templar = Templar(_LOADER, variables={**self._variables, **more})
        return templar.copy_with_new_env(searchpath=[str(self.folder / "templates")])


def packages(role: Role) -> set[str]:
    """Return the packages that a role would install, from every variable of the family that lists some."""
    names = (name for name in role._variables if re.fullmatch(r"__\w*packages", name))
    return {package for name in names for package in role.value(f"{{{{ {name} }}}}")}
