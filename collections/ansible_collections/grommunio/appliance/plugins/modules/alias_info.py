#!/usr/bin/python
"""grommunio.appliance.alias_info: the aliases there are."""

from __future__ import annotations

DOCUMENTATION = r"""
module: alias_info
short_description: The aliases there are
version_added: 0.1.0
description:
  - Returns aliases in the form that M(grommunio.appliance.alias) takes.
options:
  name:
    description: Only this alias.
    type: str
  user:
    description: Only aliases of this user.
    type: str
extends_documentation_fragment:
  - grommunio.appliance.administration
  - grommunio.appliance.administration.information
seealso:
  - module: grommunio.appliance.alias
"""

EXAMPLES = r"""
- name: Ask who gets mail for the postmaster
  grommunio.appliance.alias_info:
    name: postmaster@example.net
  register: found
"""

RETURN = r"""
aliases:
  description: The aliases, sorted.
  returned: always
  type: list
  elements: dict
  sample: [{name: postmaster@example.net, user: alice@example.net}]
"""

from ansible_collections.grommunio.appliance.plugins.module_utils.administration import run_information

OPTIONS = {"name": {"type": "str"}, "user": {"type": "str"}}


def main() -> None:
    """Run the module."""
    run_information("alias", OPTIONS, "aliases")


if __name__ == "__main__":
    main()
