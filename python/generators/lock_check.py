"""Tell, without network, whether the lock files hold what pyproject.toml asks for."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parent.parent
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def main() -> int:
    """Compare names and versions."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = project["project"]["dependencies"]
    wanted = {"runtime": runtime, "dev": [*runtime, *project["dependency-groups"]["dev"]]}
    wrong = 0
    for name, requirements in wanted.items():
        text = (PROJECT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        locked = {canonicalize_name(found): version for found, version in LOCKED.findall(text)}
        for requirement in map(Requirement, requirements):
            version = locked.get(canonicalize_name(requirement.name))
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                print(f"{name}.txt has {version or 'nothing'} for {requirement}; run scripts/lock")
                wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
