#!/usr/bin/python
"""grommunio.appliance.dbconf_info: the configuration that is kept in the database."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dbconf_info
short_description: The configuration that is kept in the database
version_added: 0.1.0
description:
  - Returns files in the form that M(grommunio.appliance.dbconf) takes.
options:
  service:
    description: Only files of this service.
    type: str
  file:
    description: Only files of this name.
    type: str
extends_documentation_fragment:
  - grommunio.appliance.administration
  - grommunio.appliance.administration.information
seealso:
  - module: grommunio.appliance.dbconf
"""

EXAMPLES = r"""
- name: Ask for the settings of Postfix in the database
  grommunio.appliance.dbconf_info:
    service: postfix
  register: found
"""

RETURN = r"""
files:
  description: The files with their keys.
  returned: always
  type: list
  elements: dict
  sample: [{service: postfix, file: main.cf, values: {message_size_limit: "52428800"}}]
"""

from ansible_collections.grommunio.appliance.plugins.module_utils.administration import run_information

OPTIONS = {"service": {"type": "str"}, "file": {"type": "str"}}


def main() -> None:
    """Run the module."""
    run_information("dbconf", OPTIONS, "files")


if __name__ == "__main__":
    main()
