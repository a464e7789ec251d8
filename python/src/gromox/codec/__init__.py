"""Octets to values and back, for formats that no protocol owns. Layer 1: no I/O, no clock, no randomness."""
