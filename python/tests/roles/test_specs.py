"""Every variable of a role is documented, and what is documented is its default."""

from __future__ import annotations

from typing import Any

import pytest

from tests.roles.rendering import ROLES, load
from tests.support.collections import TREE


def loaded(name: str, file: str) -> dict[str, Any]:
    content = load(TREE / "roles" / name / file)
    assert isinstance(content, dict)
    return content


@pytest.mark.parametrize("name", ROLES)
def test_defaults_and_specification_name_the_same_variables(name: str) -> None:
    defaults = loaded(name, "defaults/main.yml")
    options = loaded(name, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]

    assert set(options) == set(defaults)
    assert all(variable.startswith(f"{name}_") for variable in defaults)


@pytest.mark.parametrize("name", ROLES)
def test_plain_defaults_are_told_as_they_are(name: str) -> None:
    defaults = loaded(name, "defaults/main.yml")
    options = loaded(name, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    plain = {
        variable: value
        for variable, value in defaults.items()
        if not isinstance(value, (str, dict, list)) or value in ("", [], {})
    }

    told = {variable: options[variable].get("default") for variable in plain}
    assert told == plain


@pytest.mark.parametrize("name", ROLES)
def test_the_anatomy_is_the_same_everywhere(name: str) -> None:
    folder = TREE / "roles" / name

    for file in (
        *("README.md", "defaults/main.yml", "meta/main.yml", "meta/argument_specs.yml", "handlers/main.yml"),
        *(
            "tasks/main.yml",
            "tasks/preflight.yml",
            "tasks/install.yml",
            "tasks/configure.yml",
            "tasks/run.yml",
        ),
        *("vars/main.yml", "vars/Debian.yml", "vars/Suse.yml"),
    ):
        assert (folder / file).is_file(), file
    assert loaded(name, "meta/main.yml")["dependencies"] == []
