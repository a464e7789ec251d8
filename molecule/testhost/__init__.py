"""Test hosts: Debian systems with a real systemd on this machine, for Molecule and for a look by hand.

A host is a container of systemd-nspawn: one overlay on a shared root file system, one address on a bridge.
What it writes lies in a tmpfs and is gone after ``down``. Every checkout of the tree has its own bridge,
subnet and machine names, so several can run hosts side by side. `scripts/host` is the command line. Nothing
here needs more than Python's standard library: it runs before the virtual environment is there.
"""
