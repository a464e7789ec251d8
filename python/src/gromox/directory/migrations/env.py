"""What Alembic runs: the revisions, on the connection that :mod:`gromox.directory.schema` hands over."""

from __future__ import annotations

from alembic import context

from gromox.directory.model import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter most things in place; Alembic then copies the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
