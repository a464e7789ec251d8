"""What a process loads before it serves anybody."""

from __future__ import annotations

import gc


def settle() -> None:
    """Look through what was loaded one last time: it stays, and the collector has better things to do.

    Whole collections would go through 140,000 objects of modules and tables, for 50 ms or more, while clients
    wait; and in workers each would cost pages that they share with their parent.
    """
    gc.collect()
    gc.freeze()
