"""``python -m generators``: write the generated modules; ``--check``: tell whether they are up to date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generators import (
    errorcodes,
    fasttransfer,
    folderids,
    guids,
    named,
    proptypes,
    refresh,
    tags,
    tnef,
    windowszones,
)
from generators.tables import OUTPUT, compare, write

#: Package of the modules, and what writes them.
GENERATORS = {
    "mapi": (proptypes, tags, guids, named, errorcodes, folderids),
    "mapi/fasttransfer": (fasttransfer,),
    "ical": (windowszones,),
    "convert/tnef": (tnef,),
}


def main() -> int:
    """Generate, check, or take the input over from the reference tables."""
    parser = argparse.ArgumentParser(prog="python -m generators", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file would change")
    parser.add_argument("--refresh", metavar="FOLDER", type=Path, help="first copy the facts from FOLDER")
    options = parser.parse_args()
    if options.refresh:
        refresh.refresh(options.refresh)
    differences = 0
    for package, generators in GENERATORS.items():
        for generator in generators:
            for name, text in generator.generate().items():
                file = OUTPUT / package / name
                differences += compare(file, text) if options.check else write(file, text)
    if options.check and differences:
        print("run: make generate", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
