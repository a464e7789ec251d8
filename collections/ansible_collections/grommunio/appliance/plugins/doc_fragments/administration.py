"""What all modules of the collection share in their documentation."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that say where the administration of the product is."""

    DOCUMENTATION = r"""
options:
  program:
    description: The administration program of the product.
    type: path
    default: /usr/sbin/grommunio-admin
  config:
    description:
      - Folder with C(mysql_adaptor.cfg) and C(conf.d/*.yaml), or a C(mysql_adaptor.cfg).
      - The places of the installed system when it is left out.
    type: path
author:
  - The gromox contributors
requirements:
  - The product, installed on the managed host.
"""

    DECLARATION = r"""
attributes:
  check_mode:
    description: Says what would be done and changes nothing.
    support: full
  diff_mode:
    description: Shows what is mentioned in the task, before and after.
    support: full
"""

    INFORMATION = r"""
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: There is no difference to show.
    support: none
"""
