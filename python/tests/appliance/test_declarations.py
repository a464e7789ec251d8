"""Descriptions as the modules send them: the cases are in ``cases/*.yml``.

A case is a list of steps. A step names the kind and its description; ``check: true`` runs it in check mode.
What is expected: ``changed``, ``before``, ``after``, ``found`` (parts of what is answered) or ``error``.
Every step that changes something is run again and must then change nothing.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml  # type: ignore[import-untyped]  # the package has no types

from gromox.admin.service.declare.request import KINDS, LARGEST, carry_out
from gromox.admin.service.errors import InputError
from gromox.base.errors import GromoxError

if TYPE_CHECKING:
    from gromox.admin.service.site import Site

CASES: Final = {
    f"{path.stem}: {name}": steps
    for path in sorted((Path(__file__).parent / "cases").glob("*.yml"))
    for name, steps in yaml.safe_load(path.read_text()).items()
}


def ask(site: Site, step: dict[str, Any], **more: object) -> dict[str, Any]:
    kind = next(kind for kind in KINDS if kind in step or f"{kind}_info" in step)
    action = "declare" if kind in step else "information"
    description = step.get(kind, step.get(f"{kind}_info"))
    request = {"kind": kind, "action": action, "check": step.get("check", False), "description": description}
    return carry_out(site, json.dumps(request | more))


@pytest.mark.parametrize("case", CASES)
def test_case(site: Site, case: str) -> None:
    for step in CASES[case]:
        if "error" in step:
            with pytest.raises(GromoxError, match=re.escape(step["error"])):
                ask(site, step)
            continue
        answer = ask(site, step)
        expect(step, answer)
        if answer.get("changed") and not step.get("check"):
            again = ask(site, step)
            assert not again["changed"], again
            assert not ask(site, step, check=True)["changed"]


def expect(step: dict[str, Any], answer: dict[str, Any]) -> None:
    for name in ("changed", "ran", "kept"):
        if name in step:
            assert answer.get(name) == step[name], answer
    for name in ("before", "after"):
        if name in step:
            assert contains(answer[name], step[name]), answer
    if "found" in step:
        assert len(answer["found"]) == len(step["found"]), answer
        for got, wanted in zip(answer["found"], step["found"], strict=True):
            assert contains(got, wanted), answer


def contains(got: object, wanted: object) -> bool:
    """Tell whether everything that is wanted is there; maps may have more."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return all(name in got and contains(got[name], value) for name, value in wanted.items())
    return got == wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected a JSON object"),
        ("[]", "expected a JSON object"),
        ('{"kind": "secret word', "expected a JSON object"),
        ("[" * 100_000, "expected a JSON object"),
        ('{"kind": "moon"}', "kind 'moon'"),
        ('{"kind": "user", "action": "dance"}', "action 'dance'"),
        ('{"kind": "user", "check": 1}', "check: expected true or false"),
        ('{"kind": "user", "description": []}', "description: expected a map"),
        ('{"kind": "user", "hurry": true}', "no such field: hurry"),
        (" " * (LARGEST + 1), "a request has at most"),
    ],
)
def test_what_is_no_request_is_refused(site: Site, text: str, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)) as refusal:
        carry_out(site, text)

    assert "secret" not in str(refusal.value)


def test_lists_and_maps_are_bounded(site: Site) -> None:
    many = [f"a{number}@example.test" for number in range(1001)]
    for field, value in (("aliases", many), ("properties", dict.fromkeys(many, "x")), ("lang", "x" * 65_537)):
        with pytest.raises(InputError, match=f"{field}: expected"):
            ask(site, {"user": {"name": "a@example.test", field: value}})
