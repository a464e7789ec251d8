"""Which properties and components an iTIP message must, may and must not have: the tables of RFC 5546 3.

Whatever is not listed may stand any number of times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Constraint:
    """One table: names by how often they may occur within the component, or within the calendar."""

    section: str
    count: str  #: of the component itself: "1" or "1+"
    one: frozenset[str]  #: exactly once
    some: frozenset[str]  #: once or more
    optional: frozenset[str]  #: at most once
    never: frozenset[str]
    never_beside: frozenset[str]  #: components the calendar must not have
    one_beside: frozenset[str]  #: components it has at most once


def _names(text: str = "") -> frozenset[str]:
    return frozenset(text.split())


#: By method and component.
CONSTRAINTS: Final[dict[tuple[str, str], Constraint]] = {
    ("PUBLISH", "VEVENT"): Constraint(
        section="3.2.1",
        count="1+",
        one=_names("DTSTAMP DTSTART ORGANIZER SUMMARY UID"),
        some=_names(),
        optional=_names(
            "CLASS CONTACT CREATED DESCRIPTION DTEND DURATION GEO LAST-MODIFIED LOCATION PRIORITY "
            "RECURRENCE-ID RRULE SEQUENCE STATUS TRANSP URL"
        ),
        never=_names("ATTENDEE REQUEST-STATUS"),
        never_beside=_names("VFREEBUSY VJOURNAL VTODO"),
        one_beside=_names(),
    ),
    ("REQUEST", "VEVENT"): Constraint(
        section="3.2.2",
        count="1+",
        one=_names("DTSTAMP DTSTART ORGANIZER SUMMARY UID"),
        some=_names("ATTENDEE"),
        optional=_names(
            "CLASS CREATED DESCRIPTION DTEND DURATION GEO LAST-MODIFIED LOCATION PRIORITY RECURRENCE-ID "
            " RRULE SEQUENCE STATUS TRANSP URL"
        ),
        never=_names("REQUEST-STATUS"),
        never_beside=_names("VFREEBUSY VJOURNAL VTODO"),
        one_beside=_names(),
    ),
    ("REPLY", "VEVENT"): Constraint(
        section="3.2.3",
        count="1+",
        one=_names("ATTENDEE DTSTAMP ORGANIZER UID"),
        some=_names(),
        optional=_names(
            "CLASS CREATED DESCRIPTION DTEND DTSTART DURATION GEO LAST-MODIFIED LOCATION PRIORITY "
            "RECURRENCE-ID RRULE SEQUENCE STATUS SUMMARY TRANSP URL"
        ),
        never=_names("VALARM"),
        never_beside=_names("VFREEBUSY VJOURNAL VTODO"),
        one_beside=_names("VTIMEZONE"),
    ),
    ("ADD", "VEVENT"): Constraint(
        section="3.2.4",
        count="1",
        one=_names("DTSTAMP DTSTART ORGANIZER SEQUENCE SUMMARY UID"),
        some=_names(),
        optional=_names(
            "CLASS CREATED DESCRIPTION DTEND DURATION GEO LAST-MODIFIED LOCATION PRIORITY STATUS TRANSP URL"
        ),
        never=_names("EXDATE RDATE RECURRENCE-ID REQUEST-STATUS RRULE"),
        never_beside=_names("VFREEBUSY VJOURNAL VTODO"),
        one_beside=_names(),
    ),
    ("CANCEL", "VEVENT"): Constraint(
        section="3.2.5",
        count="1+",
        one=_names("DTSTAMP ORGANIZER SEQUENCE UID"),
        some=_names(),
        optional=_names(
            "CLASS CREATED DESCRIPTION DTEND DTSTART DURATION GEO LAST-MODIFIED LOCATION PRIORITY "
            "RECURRENCE-ID RRULE STATUS SUMMARY TRANSP URL"
        ),
        never=_names("REQUEST-STATUS VALARM"),
        never_beside=_names("VFREEBUSY VJOURNAL VTODO"),
        one_beside=_names(),
    ),
    ("REFRESH", "VEVENT"): Constraint(
        section="3.2.6",
        count="1",
        one=_names("ATTENDEE DTSTAMP ORGANIZER UID"),
        some=_names(),
        optional=_names("RECURRENCE-ID"),
        never=_names(
            "ATTACH CATEGORIES CLASS CONTACT CREATED DESCRIPTION DTEND DTSTART DURATION EXDATE GEO "
            "LAST-MODIFIED LOCATION PRIORITY RDATE RELATED-TO REQUEST-STATUS RESOURCES RRULE SEQUENCE "
            "STATUS SUMMARY TRANSP URL VALARM"
        ),
        never_beside=_names("VFREEBUSY VJOURNAL VTODO"),
        one_beside=_names(),
    ),
    ("COUNTER", "VEVENT"): Constraint(
        section="3.2.7",
        count="1",
        one=_names("DTSTAMP DTSTART ORGANIZER SEQUENCE SUMMARY UID"),
        some=_names(),
        optional=_names(
            "CLASS CREATED DESCRIPTION DTEND DURATION GEO LAST-MODIFIED LOCATION PRIORITY RECURRENCE-ID "
            " RRULE STATUS TRANSP URL"
        ),
        never=_names(),
        never_beside=_names("VFREEBUSY VJOURNAL VTODO"),
        one_beside=_names(),
    ),
    ("DECLINECOUNTER", "VEVENT"): Constraint(
        section="3.2.8",
        count="1+",
        one=_names("DTSTAMP ORGANIZER SEQUENCE UID"),
        some=_names("ATTENDEE"),
        optional=_names(
            "CLASS CREATED DESCRIPTION DTEND DTSTART DURATION GEO LAST-MODIFIED LOCATION PRIORITY "
            "RECURRENCE-ID RRULE STATUS SUMMARY TRANSP URL"
        ),
        never=_names("VALARM"),
        never_beside=_names("VFREEBUSY VJOURNAL VTODO"),
        one_beside=_names(),
    ),
    ("PUBLISH", "VFREEBUSY"): Constraint(
        section="3.3.1",
        count="1+",
        one=_names("DTEND DTSTAMP DTSTART ORGANIZER UID"),
        some=_names(),
        optional=_names("CONTACT URL"),
        never=_names("ATTENDEE DURATION REQUEST-STATUS VALARM"),
        never_beside=_names("VEVENT VJOURNAL VTIMEZONE VTODO"),
        one_beside=_names(),
    ),
    ("REQUEST", "VFREEBUSY"): Constraint(
        section="3.3.2",
        count="1",
        one=_names("DTEND DTSTAMP DTSTART ORGANIZER UID"),
        some=_names("ATTENDEE"),
        optional=_names("CONTACT"),
        never=_names("DURATION FREEBUSY REQUEST-STATUS URL VALARM"),
        never_beside=_names("VEVENT VJOURNAL VTIMEZONE VTODO"),
        one_beside=_names(),
    ),
    ("REPLY", "VFREEBUSY"): Constraint(
        section="3.3.3",
        count="1",
        one=_names("ATTENDEE DTEND DTSTAMP DTSTART ORGANIZER UID"),
        some=_names(),
        optional=_names("CONTACT URL"),
        never=_names("DURATION SEQUENCE VALARM"),
        never_beside=_names("VEVENT VJOURNAL VTIMEZONE VTODO"),
        one_beside=_names(),
    ),
    ("PUBLISH", "VTODO"): Constraint(
        section="3.4.1",
        count="1+",
        one=_names("DTSTAMP DTSTART ORGANIZER PRIORITY SUMMARY UID"),
        some=_names(),
        optional=_names(
            "CLASS COMPLETED CREATED DESCRIPTION DUE DURATION GEO LAST-MODIFIED LOCATION PERCENT-COMPLETE "
            " RECURRENCE-ID RRULE SEQUENCE STATUS URL"
        ),
        never=_names("ATTENDEE REQUEST-STATUS"),
        never_beside=_names("VEVENT VFREEBUSY VJOURNAL"),
        one_beside=_names(),
    ),
    ("REQUEST", "VTODO"): Constraint(
        section="3.4.2",
        count="1+",
        one=_names("DTSTAMP DTSTART ORGANIZER PRIORITY SUMMARY UID"),
        some=_names("ATTENDEE"),
        optional=_names(
            "CLASS COMPLETED CREATED DESCRIPTION DUE DURATION GEO LAST-MODIFIED LOCATION PERCENT-COMPLETE "
            " RECURRENCE-ID RRULE SEQUENCE STATUS URL"
        ),
        never=_names("REQUEST-STATUS"),
        never_beside=_names("VEVENT VFREEBUSY VJOURNAL"),
        one_beside=_names(),
    ),
    ("REPLY", "VTODO"): Constraint(
        section="3.4.3",
        count="1+",
        one=_names("ATTENDEE DTSTAMP ORGANIZER UID"),
        some=_names(),
        optional=_names(
            "CLASS COMPLETED CREATED DESCRIPTION DTSTART DUE DURATION GEO LAST-MODIFIED LOCATION "
            "PERCENT-COMPLETE PRIORITY RECURRENCE-ID RRULE SEQUENCE STATUS SUMMARY URL"
        ),
        never=_names("VALARM"),
        never_beside=_names("VEVENT VFREEBUSY"),
        one_beside=_names("VTIMEZONE"),
    ),
    ("ADD", "VTODO"): Constraint(
        section="3.4.4",
        count="1",
        one=_names("DTSTAMP ORGANIZER PRIORITY SEQUENCE SUMMARY UID"),
        some=_names(),
        optional=_names(
            "CLASS COMPLETED CREATED DESCRIPTION DTSTART DUE DURATION GEO LAST-MODIFIED LOCATION "
            "PERCENT-COMPLETE STATUS URL"
        ),
        never=_names("EXDATE RDATE RECURRENCE-ID REQUEST-STATUS RRULE"),
        never_beside=_names("VEVENT VFREEBUSY VJOURNAL"),
        one_beside=_names(),
    ),
    ("CANCEL", "VTODO"): Constraint(
        section="3.4.5",
        count="1+",
        one=_names("DTSTAMP ORGANIZER SEQUENCE UID"),
        some=_names(),
        optional=_names(
            "CLASS COMPLETED CREATED DESCRIPTION DTSTART DUE DURATION GEO LAST-MODIFIED LOCATION "
            "PERCENT-COMPLETE PRIORITY RECURRENCE-ID RRULE STATUS URL"
        ),
        never=_names("REQUEST-STATUS VALARM"),
        never_beside=_names("VEVENT VFREEBUSY"),
        one_beside=_names("VTIMEZONE"),
    ),
    ("REFRESH", "VTODO"): Constraint(
        section="3.4.6",
        count="1",
        one=_names("ATTENDEE DTSTAMP UID"),
        some=_names(),
        optional=_names("RECURRENCE-ID"),
        never=_names(
            "ATTACH CATEGORIES CLASS COMMENT COMPLETED CONTACT CREATED DESCRIPTION DTSTART DUE "
            "DURATION EXDATE GEO LAST-MODIFIED LOCATION ORGANIZER PERCENT-COMPLETE PRIORITY RDATE "
            "RELATED-TO REQUEST-STATUS RESOURCES RRULE SEQUENCE STATUS URL VALARM"
        ),
        never_beside=_names("VEVENT VFREEBUSY"),
        one_beside=_names(),
    ),
    ("COUNTER", "VTODO"): Constraint(
        section="3.4.7",
        count="1",
        one=_names("DTSTAMP ORGANIZER PRIORITY SUMMARY UID"),
        some=_names("ATTENDEE"),
        optional=_names(
            "CLASS COMPLETED CREATED DESCRIPTION DTSTART DUE DURATION GEO LAST-MODIFIED LOCATION "
            "PERCENT-COMPLETE RECURRENCE-ID RRULE SEQUENCE STATUS URL"
        ),
        never=_names(),
        never_beside=_names("VEVENT VFREEBUSY"),
        one_beside=_names("VTIMEZONE"),
    ),
    ("DECLINECOUNTER", "VTODO"): Constraint(
        section="3.4.8",
        count="1",
        one=_names("DTSTAMP ORGANIZER SEQUENCE UID"),
        some=_names("ATTENDEE"),
        optional=_names(
            "CLASS COMPLETED CREATED DESCRIPTION DTSTART DUE DURATION GEO LAST-MODIFIED LOCATION "
            "PERCENT-COMPLETE PRIORITY RECURRENCE-ID RRULE STATUS URL"
        ),
        never=_names("VALARM"),
        never_beside=_names("VEVENT VFREEBUSY"),
        one_beside=_names(),
    ),
    ("PUBLISH", "VJOURNAL"): Constraint(
        section="3.5.1",
        count="1+",
        one=_names("DESCRIPTION DTSTAMP DTSTART ORGANIZER UID"),
        some=_names(),
        optional=_names("CLASS CREATED LAST-MODIFIED RECURRENCE-ID RRULE SEQUENCE STATUS SUMMARY URL"),
        never=_names("ATTENDEE REQUEST-STATUS"),
        never_beside=_names("VEVENT VFREEBUSY VTODO"),
        one_beside=_names(),
    ),
    ("ADD", "VJOURNAL"): Constraint(
        section="3.5.2",
        count="1",
        one=_names("DESCRIPTION DTSTAMP DTSTART ORGANIZER SEQUENCE UID"),
        some=_names(),
        optional=_names("CLASS CREATED LAST-MODIFIED STATUS SUMMARY URL"),
        never=_names("ATTENDEE EXDATE RDATE RECURRENCE-ID REQUEST-STATUS RRULE"),
        never_beside=_names("VEVENT VFREEBUSY VTODO"),
        one_beside=_names("VTIMEZONE"),
    ),
    ("CANCEL", "VJOURNAL"): Constraint(
        section="3.5.3",
        count="1+",
        one=_names("DTSTAMP ORGANIZER SEQUENCE UID"),
        some=_names(),
        optional=_names(
            "CLASS CREATED DESCRIPTION DTSTART LAST-MODIFIED RECURRENCE-ID RRULE STATUS SUMMARY URL"
        ),
        never=_names("ATTENDEE REQUEST-STATUS VALARM"),
        never_beside=_names("VEVENT VFREEBUSY VTODO"),
        one_beside=_names(),
    ),
}
