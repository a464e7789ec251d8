#!/usr/bin/python
"""grommunio.appliance.user: a user with the mailbox, as it is to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: user
short_description: A user with the mailbox
version_added: 0.1.0
description:
  - Creates, changes and deletes users with all that belongs to them.
  - What is not mentioned stays as it is. Lists are complete, what is not in them goes away; maps are not.
options:
  name:
    description: Address of the user.
    type: str
    required: true
  state:
    description: V(absent) deletes the user for ever, and the mailbox unless O(keep_files).
    type: str
    choices: [present, absent]
    default: present
  password:
    description: Password to log in with. It is handed on by standard input and shown nowhere.
    type: str
  update_password:
    description: V(on_create) sets it only where there is none, V(always) whenever it is another one.
    type: str
    choices: [always, on_create]
    default: on_create
  status:
    description: V(shared) mailboxes have no login of their own.
    type: str
    choices: [normal, suspended, deleted, shared]
  lang:
    description: Language such as V(de_DE); names of built-in folders follow it when the mailbox is made.
    type: str
  homeserver:
    description: Number of the server of the mailbox; V(0) for any.
    type: int
  privileges:
    description:
      - What the user may do, each V(true) or V(false).
      - C(changePassword), C(pop3_imap), C(smtp), C(publicAddress), C(privArchive), C(privChat), C(privFiles),
        C(privVideo), C(privWeb), C(privDav), C(privEas).
    type: dict
  aliases:
    description: All further addresses of the user.
    type: list
    elements: str
  altnames:
    description: All further names to log in with.
    type: list
    elements: str
  properties:
    description: Address book entries and quotas, such as C(displayname), C(storagequotalimit); null removes.
    type: dict
  forward:
    description: Where mail goes on to; an empty map for nowhere.
    type: dict
    suboptions:
      destination:
        description: An address.
        type: str
      kind:
        description: V(copy) keeps one here, V(redirect) does not.
        type: str
        choices: [copy, redirect]
        default: copy
  delegates:
    description: All who may send on behalf of the user.
    type: list
    elements: str
  send_as:
    description: All who may send as the user.
    type: list
    elements: str
  mailbox:
    description: Make a mailbox together with the user.
    type: bool
    default: true
  keep_files:
    description: With O(state=absent), leave the mailbox on the disk.
    type: bool
    default: false
extends_documentation_fragment:
  - grommunio.appliance.administration
  - grommunio.appliance.administration.declaration
seealso:
  - module: grommunio.appliance.user_info
"""

EXAMPLES = r"""
- name: Alice
  grommunio.appliance.user:
    name: alice@example.net
    password: "{{ vault_alice_password }}"
    lang: de_AT
    aliases: [sales@example.net]
    properties: {displayname: Alice Example, storagequotalimit: 2097152}

- name: Nobody called Bob any more, but keep his mail
  grommunio.appliance.user:
    name: bob@example.net
    state: absent
    keep_files: true
"""

RETURN = r"""
user:
  description:
    - The user as the task describes it; null when it is gone.
    - C(password) is V(set) or V(replaced) when there is a new one, never the password itself.
  returned: always
  type: dict
  sample: {name: alice@example.net, aliases: [sales@example.net]}
id:
  description: The number of the user.
  returned: when it exists
  type: int
  sample: 1
maildir:
  description: Where the mailbox lies.
  returned: when it exists
  type: str
  sample: /var/lib/gromox/user/example.net/alice
kept:
  description: Where the mailbox still is, null if it is gone.
  returned: with O(state=absent)
  type: str
  sample: null
"""

from ansible_collections.grommunio.appliance.plugins.module_utils.administration import run_declaration

OPTIONS = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "password": {"type": "str", "no_log": True},
    "update_password": {
        "type": "str",
        "choices": ["always", "on_create"],
        "default": "on_create",
        "no_log": False,
    },
    "status": {"type": "str", "choices": ["normal", "suspended", "deleted", "shared"]},
    "lang": {"type": "str"},
    "homeserver": {"type": "int"},
    "privileges": {"type": "dict"},
    "aliases": {"type": "list", "elements": "str"},
    "altnames": {"type": "list", "elements": "str"},
    "properties": {"type": "dict"},
    "forward": {
        "type": "dict",
        "options": {
            "destination": {"type": "str"},
            "kind": {"type": "str", "choices": ["copy", "redirect"], "default": "copy"},
        },
    },
    "delegates": {"type": "list", "elements": "str"},
    "send_as": {"type": "list", "elements": "str"},
    "mailbox": {"type": "bool", "default": True},
    "keep_files": {"type": "bool", "default": False},
}


def main() -> None:
    """Run the module."""
    run_declaration("user", OPTIONS)


if __name__ == "__main__":
    main()
