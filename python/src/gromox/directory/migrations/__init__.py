"""How databases of every age become the newest: numbered steps up to 133, Alembic revisions from there on."""
