"""What a process loads before it serves anybody."""

from __future__ import annotations

import gc
from typing import Final

#: New objects before the young are looked through, and how many such looks before the older ones are. With
#: the usual 700 that was a twentieth of the time of an APPEND: hardly anything here refers to itself.
THRESHOLDS: Final = (10_000, 20, 100)


def settle() -> None:
    """Look through what was loaded one last time: it stays, and the collector has better things to do.

    Whole collections would go through 140,000 objects of modules and tables, for 50 ms or more, while clients
    wait; and in workers each would cost pages that they share with their parent.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
