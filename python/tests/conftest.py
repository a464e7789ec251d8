"""What all tests share: how property-based tests behave."""

from __future__ import annotations

import os

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
