"""Whatever is created and deleted in whatever order: database and disk say the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies as st

from gromox.admin.service.store_files import DATABASE
from gromox.directory import schema, user as directory_user

from .conftest import Installation

LOCAL = st.sampled_from(["a", "b", "a~1", "c.d"])
STEP = st.tuples(st.sampled_from(["create", "delete", "keep", "suspend"]), LOCAL)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, min_size=2, max_size=7))
def test_database_and_disk_agree(steps: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation.made(Path(folder))
        try:
            schema.create(installation.site.directory)
            assert installation.run("domain", "create", "-u", "10", "example.test").code == 0
            play(installation, steps)
        finally:
            installation.site.close()


def play(installation: Installation, steps: list[tuple[str, str]]) -> None:
    present: set[str] = set()
    kept = 0
    for action, local in steps:
        name = f"{local}@example.test"
        options = {"create": [], "delete": ["-y"], "keep": ["-y", "-k"], "suspend": ["--status", "1"]}[action]
        command = {"keep": "delete", "suspend": "modify"}.get(action, action)

        ran = installation.run("user", command, name, *options)

        assert ran.code == int((name in present) == (action == "create")), ran
        if ran.code == 0:
            kept += action == "keep"
            present = (
                present | {name}
                if action == "create"
                else present - ({name} if action != "suspend" else set())
            )
        users = directory_user.list_all(installation.site.directory)
        assert {user.username for user in users} == present
        assert all((Path(user.maildir) / DATABASE).is_file() for user in users)
        assert len({user.maildir for user in users}) == len(users)
        assert len(list((installation.stores / "user").glob(f"*/*/{DATABASE}"))) == len(users) + kept
