"""The next mail system, as far as delivery sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gromox.delivery.outcome import Reason
from gromox.delivery.relay import Handed
from gromox.delivery.worker import DeliveryWorker

#: Makes a worker with some settings.
NewWorker = Callable[..., DeliveryWorker]


@dataclass
class OtherSystem:
    """The next system, as far as delivery sees it."""

    refused: Mapping[str, Reason] = field(default_factory=dict)
    taken: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)

    def hand_over(self, sender: str, recipients: Sequence[str], mail: bytes) -> Handed:
        accepted = tuple(each for each in recipients if each not in self.refused)
        if accepted:
            self.taken.append((sender, accepted, mail))
        return Handed(self.refused, "mx.elsewhere.example")
