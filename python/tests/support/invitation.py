"""Invitations to meetings, as mail programs write them."""

from __future__ import annotations

DAILY = "RRULE:FREQ=DAILY;COUNT=3"
SECOND = "RECURRENCE-ID:20260303T090000Z"


def calendar(method: str, *events: str) -> bytes:
    """Return a VCALENDAR of these events."""
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:{method}\r\n{body}END:VCALENDAR\r\n".encode()


def event(
    *lines: str,
    start: str = "20260302T090000Z",
    uid: str = "u1",
    sequence: int = 0,
    organizer: str = "boss@example.com",
    summary: str = "Planning",
) -> str:
    """Return the lines within a VEVENT of one hour."""
    given = (
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART:{start}",
        "DURATION:PT1H",
        f"SEQUENCE:{sequence}",
        f"SUMMARY:{summary}",
        f"ORGANIZER:mailto:{organizer}",
        "ATTENDEE;RSVP=TRUE:mailto:alice@example.test",
    )
    return "\r\n".join([*given, *lines])
