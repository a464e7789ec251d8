"""How the modules speak to the product: one JSON object to its program, one back."""

from __future__ import annotations

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule

#: Options of every module; they say where the product is and are no part of a description.
OPTIONS = {
    "program": {"type": "path", "default": "/usr/sbin/grommunio-admin"},
    "config": {"type": "path"},
}


def run_declaration(kind: str, options: dict[str, Any], **arguments: Any) -> None:
    """Be a module that makes something what its options say, and end."""
    module = AnsibleModule(argument_spec=OPTIONS | options, supports_check_mode=True, **arguments)
    answer = _ask(module, kind, "declare", _description(module, options))
    before, after = answer.pop("before"), answer.pop("after")
    module.exit_json(diff={"before": before or {}, "after": after or {}}, **{kind: after}, **answer)


def run_information(kind: str, options: dict[str, Any], result: str, **arguments: Any) -> None:
    """Be a module that tells what there is, under the name ``result``, and end."""
    module = AnsibleModule(argument_spec=OPTIONS | options, supports_check_mode=True, **arguments)
    answer = _ask(module, kind, "information", _description(module, options))
    module.exit_json(changed=False, **{result: answer["found"]})


def _description(module: AnsibleModule, options: dict[str, Any]) -> dict[str, Any]:
    return {name: module.params[name] for name in options if module.params[name] is not None}


def _ask(module: AnsibleModule, kind: str, action: str, description: dict[str, Any]) -> dict[str, Any]:
    """Run the program once; secrets go to its standard input only."""
    request = {"kind": kind, "action": action, "check": module.check_mode, "description": description}
    place = ["-c", module.params["config"]] if module.params["config"] else []
    program = module.params["program"]
    code, out, err = module.run_command(
        [program, *place, "declare"], data=json.dumps(request), handle_exceptions=False
    )
    if code != 0:
        said = err.strip().removeprefix("grommunio-admin: ")
        module.fail_json(msg=said or f"{program} ended with {code}", rc=code)
    try:
        return dict(json.loads(out))
    except ValueError:
        module.fail_json(
            msg=f"{program} did not answer with JSON; is it the program of this release?", rc=code
        )
        raise
