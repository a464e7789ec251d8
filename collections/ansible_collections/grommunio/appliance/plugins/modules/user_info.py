#!/usr/bin/python
"""grommunio.appliance.user_info: the users there are."""

from __future__ import annotations

DOCUMENTATION = r"""
module: user_info
short_description: The users there are
version_added: 0.1.0
description:
  - Returns users in the form that M(grommunio.appliance.user) takes, without passwords.
options:
  name:
    description: Only this user.
    type: str
  domain:
    description: Only users of this domain.
    type: str
extends_documentation_fragment:
  - grommunio.appliance.administration
  - grommunio.appliance.administration.information
seealso:
  - module: grommunio.appliance.user
"""

EXAMPLES = r"""
- name: Ask for the users of a domain
  grommunio.appliance.user_info:
    domain: example.net
  register: found
"""

RETURN = r"""
users:
  description: The users.
  returned: always
  type: list
  elements: dict
  sample: [{name: alice@example.net, status: normal, aliases: [], id: 1, has_password: true}]
"""

from ansible_collections.grommunio.appliance.plugins.module_utils.administration import run_information

OPTIONS = {"name": {"type": "str"}, "domain": {"type": "str"}}


def main() -> None:
    """Run the module."""
    run_information("user", OPTIONS, "users")


if __name__ == "__main__":
    main()
