"""Schema number 133: what ``gromox-dbop -C`` creates, and what the numbered steps lead older databases to.

Revision ID: gx133
Revises: nothing
"""

from __future__ import annotations

from typing import Final

revision: Final = "gx133"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Change nothing: databases are stamped with this revision when they have reached it."""


def downgrade() -> None:
    """Refuse: nothing older is kept."""
    raise NotImplementedError("the user database cannot be taken back below schema number 133")
