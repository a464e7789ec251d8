#!/usr/bin/python
"""grommunio.appliance.dbconf: a file of configuration in the database, as it is to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dbconf
short_description: Configuration that is kept in the database
version_added: 0.1.0
description:
  - Sets and removes keys of a file of a service, and runs the command that is configured for the service.
options:
  service:
    description: The service, such as V(postfix).
    type: str
    required: true
  file:
    description: The file, such as V(main.cf).
    type: str
    required: true
  values:
    description: Keys and what they are to be; null removes a key.
    type: dict
    default: {}
  state:
    description: V(absent) removes the keys of O(values), or the whole file when there are none.
    type: str
    choices: [present, absent]
    default: present
  exclusive:
    description: Remove all keys that O(values) does not have.
    type: bool
    default: false
  commit:
    description: Run the command that is configured for a change of this service.
    type: bool
    default: true
extends_documentation_fragment:
  - grommunio.appliance.administration
  - grommunio.appliance.administration.declaration
seealso:
  - module: grommunio.appliance.dbconf_info
"""

EXAMPLES = r"""
- name: Changes of Postfix's settings are carried out by postconf
  grommunio.appliance.dbconf:
    service: grommunio-dbconf
    file: postfix
    values: {commit_key: "#POSTCONF"}

- name: Mails of up to 50 MB
  grommunio.appliance.dbconf:
    service: postfix
    file: main.cf
    values: {message_size_limit: 52428800}
"""

RETURN = r"""
dbconf:
  description: The keys that the task mentions, as they are now.
  returned: always
  type: dict
  sample: {values: {message_size_limit: "52428800"}}
ran:
  description: The commands that were run.
  returned: when something changed and O(commit=true)
  type: list
  elements: str
  sample: ["postconf -e $ENTRY"]
"""

from ansible_collections.grommunio.appliance.plugins.module_utils.administration import run_declaration

OPTIONS = {
    "service": {"type": "str", "required": True},
    "file": {"type": "str", "required": True},
    "values": {"type": "dict", "default": {}},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "exclusive": {"type": "bool", "default": False},
    "commit": {"type": "bool", "default": True},
}


def main() -> None:
    """Run the module."""
    run_declaration("dbconf", OPTIONS)


if __name__ == "__main__":
    main()
