#!/usr/bin/python
"""grommunio.appliance.alias: a further address of a user, as it is to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: alias
short_description: A further address of a user
version_added: 0.1.0
description:
  - Makes and removes aliases one by one. For all aliases of a user at once see M(grommunio.appliance.user).
options:
  name:
    description: The further address, in a domain of this system.
    type: str
    required: true
  user:
    description:
      - Whose it is; needed with O(state=present). An alias of somebody else is moved.
      - With O(state=absent), an alias of somebody else is an error.
    type: str
  state:
    description: Whether there is such an alias.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - grommunio.appliance.administration
  - grommunio.appliance.administration.declaration
seealso:
  - module: grommunio.appliance.alias_info
"""

EXAMPLES = r"""
- name: Mail to the postmaster goes to Alice
  grommunio.appliance.alias:
    name: postmaster@example.net
    user: alice@example.net
"""

RETURN = r"""
alias:
  description: The alias and whose it is; null when it is gone.
  returned: always
  type: dict
  sample: {name: postmaster@example.net, user: alice@example.net}
"""

from ansible_collections.grommunio.appliance.plugins.module_utils.administration import run_declaration

OPTIONS = {
    "name": {"type": "str", "required": True},
    "user": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    run_declaration("alias", OPTIONS, required_if=[("state", "present", ["user"])])


if __name__ == "__main__":
    main()
