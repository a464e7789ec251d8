#!/usr/bin/python
"""grommunio.appliance.domain_info: the domains there are."""

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_info
short_description: The mail domains there are
version_added: 0.1.0
description:
  - Returns domains in the form that M(grommunio.appliance.domain) takes.
options:
  name:
    description: Only this domain.
    type: str
extends_documentation_fragment:
  - grommunio.appliance.administration
  - grommunio.appliance.administration.information
seealso:
  - module: grommunio.appliance.domain
"""

EXAMPLES = r"""
- name: Ask for all domains
  grommunio.appliance.domain_info:
  register: found
"""

RETURN = r"""
domains:
  description: The domains, by number; those marked as deleted too.
  returned: always
  type: list
  elements: dict
  sample: [{name: example.net, state: present, max_users: 50, id: 1}]
"""

from ansible_collections.grommunio.appliance.plugins.module_utils.administration import run_information

OPTIONS = {"name": {"type": "str"}}


def main() -> None:
    """Run the module."""
    run_information("domain", OPTIONS, "domains")


if __name__ == "__main__":
    main()
