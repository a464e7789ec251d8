"""What all tests share: how property-based tests behave, and which files come first."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

# Machines are slow at times: an example has no deadline, the whole test has one (pytest-timeout). In
# continuous integration the same examples run each time, so that a red run means a change, not luck.
settings.register_profile(
    "gromox",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("gromox")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first, then those with many.

    Files run side by side in this order (scripts/test): a long one at the end would keep one processor while
    the others have nothing to do.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in slow, -sizes[item.path], item.path))
