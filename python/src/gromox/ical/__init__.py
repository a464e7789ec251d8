"""Calendars and address books as octets, values and instants."""

from __future__ import annotations
