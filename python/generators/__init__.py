"""Makes the tables in ``src/gromox/mapi`` from the facts in ``data``: ``python -m generators [--check]``."""
