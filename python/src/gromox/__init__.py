"""The groupware server: see docs/ for the map of the packages."""
