#!/usr/bin/python
"""grommunio.appliance.domain: a mail domain as it is to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: domain
short_description: A mail domain with its public store
version_added: 0.1.0
description:
  - Creates, changes, suspends, deletes, recovers and purges domains.
  - What is not mentioned stays as it is.
options:
  name:
    description: The domain.
    type: str
    required: true
  state:
    description:
      - V(present) makes the domain, or recovers one that is marked as deleted.
      - V(suspended) keeps everything, but nobody can log in.
      - V(absent) marks the domain as deleted; nothing is lost, and V(present) undoes it.
      - V(purged) removes it for ever with all its users.
    type: str
    choices: [present, suspended, absent, purged]
    default: present
  max_users:
    description: How many users the domain may have. Needed when it is made.
    type: int
  title:
    description: Name of the organisation or the like.
    type: str
  address:
    description: Postal address.
    type: str
  admin_name:
    description: Who is responsible.
    type: str
  tel:
    description: Telephone number.
    type: str
  end_day:
    description: The day the domain ends, such as V(2030-12-31).
    type: str
  org_id:
    description: Number of the organisation it belongs to.
    type: int
  homeserver:
    description: Number of the server of the public store; V(0) for any.
    type: int
  files:
    description: With O(state=purged), remove the mailboxes from the disk too.
    type: bool
    default: false
extends_documentation_fragment:
  - grommunio.appliance.administration
  - grommunio.appliance.administration.declaration
seealso:
  - module: grommunio.appliance.domain_info
"""

EXAMPLES = r"""
- name: A domain for up to 50 people
  grommunio.appliance.domain:
    name: example.net
    max_users: 50
    title: Example, Inc.

- name: Mark a domain as deleted
  grommunio.appliance.domain:
    name: old.example.net
    state: absent
"""

RETURN = r"""
domain:
  description: The domain as the task describes it, with its state; null when it is gone.
  returned: always
  type: dict
  sample: {name: example.net, state: present, max_users: 50}
id:
  description: Its number.
  returned: when it exists
  type: int
  sample: 1
homedir:
  description: Where its public store lies.
  returned: when it exists
  type: str
  sample: /var/lib/gromox/domain/example.net
kept:
  description: Stores that are still on the disk.
  returned: with O(state=purged)
  type: list
  elements: str
  sample: []
"""

from ansible_collections.grommunio.appliance.plugins.module_utils.administration import run_declaration

OPTIONS = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "suspended", "absent", "purged"], "default": "present"},
    "max_users": {"type": "int"},
    "title": {"type": "str"},
    "address": {"type": "str"},
    "admin_name": {"type": "str"},
    "tel": {"type": "str"},
    "end_day": {"type": "str"},
    "org_id": {"type": "int"},
    "homeserver": {"type": "int"},
    "files": {"type": "bool", "default": False},
}


def main() -> None:
    """Run the module."""
    run_declaration("domain", OPTIONS)


if __name__ == "__main__":
    main()
