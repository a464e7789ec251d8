"""Alembic revisions. Each names the schema number it leads to and never changes once released."""
