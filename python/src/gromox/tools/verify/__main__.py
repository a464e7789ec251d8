"""``python -m gromox.tools.verify``."""

import sys

from gromox.tools.verify.program import main

sys.exit(main())
