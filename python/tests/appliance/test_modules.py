"""The modules themselves: options in, the product's program once, what Ansible is told."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]  # the package has no types
from ansible.module_utils.testing import patch_module_args

from tests.support.collections import COLLECTIONS

if TYPE_CHECKING:
    from gromox.admin.service.site import Site

MODULES = sorted(path.stem for path in (COLLECTIONS / "grommunio/appliance/plugins/modules").glob("*.py"))
PROGRAM = Path(sys.executable).parent / "grommunio-admin"


class Host:
    """A managed host: runs modules against an installation."""

    def __init__(self, etc: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.etc, self.capture = etc, capture

    def run(self, module: str, **options: object) -> dict[str, Any]:
        """Run a module and return what it tells; ``_check`` runs it in check mode."""
        loaded = importlib.import_module(f"ansible_collections.grommunio.appliance.plugins.modules.{module}")
        check = options.pop("_check", False)
        given = {"program": str(PROGRAM), "config": str(self.etc), "_ansible_check_mode": check} | options
        with patch_module_args(given), pytest.raises(SystemExit):
            loaded.main()
        told: dict[str, Any] = json.loads(self.capture.readouterr().out)
        return told


@pytest.fixture
def host(site: Site, etc: Path, capsys: pytest.CaptureFixture[str]) -> Host:
    assert not site.configuration.sources
    return Host(etc, capsys)


@pytest.mark.slow
def test_from_nothing_to_users(host: Host) -> None:
    would = host.run("domain", name="example.test", max_users=5, _check=True)
    assert (would["changed"], host.run("domain_info")["domains"]) == (True, [])

    made = host.run("domain", name="example.test", max_users=5)
    assert made["domain"] == {"name": "example.test", "state": "present", "max_users": 5}
    assert made["diff"] == {"before": {}, "after": made["domain"]}
    assert not host.run("domain", name="example.test", max_users=5)["changed"]

    alice = {"name": "alice@example.test", "password": "very secret", "aliases": ["a@example.test"]}
    assert host.run("user", **alice)["changed"]
    again = host.run("user", **alice)
    assert not again["changed"]
    assert "secret" not in json.dumps(again["diff"]) + json.dumps(again["user"])
    assert host.run("user_info", domain="example.test")["users"][0]["has_password"]

    moved = host.run("alias", name="b@example.test", user="alice@example.test")
    assert moved["alias"] == {"name": "b@example.test", "user": "alice@example.test"}
    assert [one["name"] for one in host.run("alias_info")["aliases"]] == ["a@example.test", "b@example.test"]
    assert host.run("user", name="alice@example.test", state="absent")["user"] is None


def test_configuration_in_the_database(host: Host) -> None:
    told = host.run("dbconf", service="postfix", file="main.cf", values={"a": 1, "b": None})

    assert (told["changed"], told["dbconf"], told["ran"]) == (True, {"values": {"a": "1"}}, [])
    assert host.run("dbconf_info")["files"] == [
        {"service": "postfix", "file": "main.cf", "values": {"a": "1"}}
    ]


def test_a_refusal_is_told_in_the_product_s_words(host: Host) -> None:
    told = host.run("domain", name="example.test")

    assert told["failed"]
    assert told["msg"] == "max_users is missing: how many users may domain example.test have?"


@pytest.mark.parametrize(
    ("script", "says"), [("exit 7", "ended with 7"), ("echo hello", "did not answer with JSON")]
)
def test_a_program_that_is_another_one(host: Host, tmp_path: Path, script: str, says: str) -> None:
    other = tmp_path / "other"
    other.write_text(f"#!/bin/sh\ncat >/dev/null\n{script}\n")
    other.chmod(0o755)

    told = host.run("domain_info", program=str(other))

    assert told["failed"]
    assert says in told["msg"]


def test_the_password_is_not_in_the_argument_vector(host: Host, tmp_path: Path) -> None:
    spy = tmp_path / "spy"
    spy.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/argv\nenv >>{tmp_path}/argv\nexec {PROGRAM} "$@"\n')
    spy.chmod(0o755)
    host.run("domain", name="example.test", max_users=5)

    host.run("user", program=str(spy), name="a@example.test", password="not for ps")

    seen = (tmp_path / "argv").read_text()
    assert seen.startswith(f"-c {host.etc} declare\n")
    assert seen.count(" declare\n") == 1
    assert "not for ps" not in seen


@pytest.mark.parametrize("module", MODULES)
def test_options_and_documentation_agree(module: str) -> None:
    loaded = importlib.import_module(f"ansible_collections.grommunio.appliance.plugins.modules.{module}")
    documented = yaml.safe_load(loaded.DOCUMENTATION)

    assert documented["module"] == module
    assert documented["options"].keys() == loaded.OPTIONS.keys()
    for name, option in loaded.OPTIONS.items():
        for key in ("type", "choices", "default", "required", "elements"):
            assert documented["options"][name].get(key) == option.get(key), (name, key)
    assert yaml.safe_load(loaded.EXAMPLES)
    assert yaml.safe_load(loaded.RETURN)
    assert module.removesuffix("_info") in MODULES
    assert f"{module.removesuffix('_info')}_info" in MODULES
