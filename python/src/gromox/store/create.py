"""Make the mailbox of a user or a domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.ids import SYSTEM_IDS
from gromox.store.layout import Limits, Spec, create
from gromox.store.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gromox.base.clock import Clock
    from gromox.base.ids import Ids

__all__ = ["Limits", "create_private", "create_public"]


def create_private(  # noqa: PLR0913 - what a mailbox is
    path: Path,
    *,
    owner: str,
    user_id: int,
    locale: str = "en",
    names: Mapping[int, str] | None = None,
    property_names: Sequence[str] = (),
    limits: Limits = Limits(),  # noqa: B008 - frozen
    force: bool = False,
    clock: Clock = SYSTEM_CLOCK,
    ids: Ids = SYSTEM_IDS,
) -> Mailbox:
    """Make the mailbox of a user and open it. Raises ExistsError."""
    spec = Spec(
        is_public=False,
        owner=owner,
        owner_id=user_id,
        locale=locale,
        names=names or {},
        property_names=property_names,
        limits=limits,
    )
    create(path, spec, force=force, clock=clock, ids=ids)
    return Mailbox.open(path, clock=clock, ids=ids)


def create_public(  # noqa: PLR0913
    path: Path,
    *,
    domain: str,
    domain_id: int,
    locale: str = "en",
    names: Mapping[int, str] | None = None,
    property_names: Sequence[str] = (),
    limits: Limits = Limits(),  # noqa: B008 - frozen
    force: bool = False,
    clock: Clock = SYSTEM_CLOCK,
    ids: Ids = SYSTEM_IDS,
) -> Mailbox:
    """Make the public store of a domain and open it. Raises ExistsError."""
    spec = Spec(
        is_public=True,
        owner=domain,
        owner_id=domain_id,
        locale=locale,
        names=names or {},
        property_names=property_names,
        limits=limits,
        anonymous_rights=0,
    )
    create(path, spec, force=force, clock=clock, ids=ids)
    return Mailbox.open(path, clock=clock, ids=ids)
