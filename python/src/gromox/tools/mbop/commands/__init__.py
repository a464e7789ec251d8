"""The commands of gromox-mbop, grouped by what they work on."""
