"""Ansible's loader with the collections of this tree; every test imports what it needs of them through it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ansible.plugins.loader import init_plugin_loader

TREE: Final = Path(__file__).resolve().parents[3]
COLLECTIONS: Final = TREE / "collections" / "ansible_collections"

# Once for all tests: a collection that Python's own finder found first has no metadata for the loader.
init_plugin_loader([str(COLLECTIONS.parent)])
