"""``python -m gromox.tools.mbop``."""

import sys

from gromox.tools.mbop.program import main

sys.exit(main())
