"""What the server says to people, in other languages than the English of the code. RFC 5255 section 3.

The English sentence is the key; what has no entry is said in English. A test looks for each key in the code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The language of who never chose one. RFC 2277 section 4.5.
I_DEFAULT: Final = "i-default"
#: How the ends of commands are said: ``FETCH completed``.
_COMPLETED: Final = " completed"

_GERMAN: Final[Mapping[str, str]] = {
    # how commands end
    _COMPLETED: " ausgeführt",
    "logged in": "angemeldet",
    "logging out": "auf Wiedersehen",
    "the language is changed": "die Sprache ist gewechselt",
    "these are the languages": "das sind die Sprachen",
    "that language is not spoken here": "diese Sprache wird hier nicht gesprochen",
    "nothing to expunge": "nichts zu entfernen",
    "no messages to copy": "keine Nachrichten zu kopieren",
    "no messages to move": "keine Nachrichten zu verschieben",
    "some messages were removed meanwhile": "einige Nachrichten wurden inzwischen entfernt",
    # how sessions begin and end
    "log in first": "zuerst anmelden",
    "already logged in": "schon angemeldet",
    "begin TLS first": "zuerst TLS beginnen",
    "the user name or the password is wrong": "Benutzername oder Passwort ist falsch",
    "the account is disabled": "das Konto ist gesperrt",
    "the domain is disabled": "die Domäne ist gesperrt",
    "shared mailboxes have no login of their own": "gemeinsame Postfächer haben keine eigene Anmeldung",
    "the name is not that of a user": "der Name ist nicht der eines Benutzers",
    "the user may not use this service": "der Benutzer darf diesen Dienst nicht verwenden",
    "too many failed logins; try again later": "zu viele falsche Anmeldungen; später noch einmal versuchen",
    "the user name belongs to more than one user": "der Benutzername gehört mehr als einem Benutzer",
    "the user database does not answer; try again later": (
        "die Benutzerdatenbank antwortet nicht; später noch einmal versuchen"
    ),
    "too many sessions of that user; close some": "zu viele Sitzungen dieses Benutzers; einige beenden",
    "the mailbox does not exist; ask the administrator": (
        "das Postfach gibt es nicht; den Administrator fragen"
    ),
    "too many failed logins": "zu viele falsche Anmeldungen",
    "too many commands that are not IMAP": "zu viele Befehle, die nicht IMAP sind",
    "autologout: too long without a command": "abgemeldet: zu lange kein Befehl",
    "the mailbox has to be opened again": "das Postfach muss neu geöffnet werden",
    # states
    "select a mailbox first": "zuerst einen Ordner öffnen",
    "not while a mailbox is selected": "nicht, solange ein Ordner geöffnet ist",
    "the connection is closing": "die Verbindung wird geschlossen",
    "the mailbox was opened read-only": "der Ordner wurde nur zum Lesen geöffnet",
    "message numbers are not used any more": "Nachrichtennummern werden nicht mehr verwendet",
    # what the store and the directory refuse
    "no such mailbox": "diesen Ordner gibt es nicht",
    "no such mailbox; create it first": "diesen Ordner gibt es nicht; zuerst anlegen",
    "the mailbox was deleted meanwhile": "der Ordner wurde inzwischen gelöscht",
    "the message was removed meanwhile": "die Nachricht wurde inzwischen entfernt",
    "a mailbox has that name": "ein Ordner heißt schon so",
    "your rights do not allow that": "Ihre Rechte erlauben das nicht",
    "the mailbox is full": "das Postfach ist voll",
    "the mailbox is too full to send from it": "das Postfach ist zu voll, um daraus zu senden",
    "the mailbox has as many messages as it may": "das Postfach hat so viele Nachrichten, wie es haben darf",
    "that mailbox is built in and has to stay": "dieser Ordner ist fest eingebaut und muss bleiben",
    "the mailbox has inferior names; delete them first": "der Ordner hat Unterordner; zuerst diese löschen",
    "the mailbox has messages; delete them first": "der Ordner hat Nachrichten; zuerst diese löschen",
    "no mailbox can have that name at that place": "so kann dort kein Ordner heißen",
    "a value is not allowed there": "ein Wert ist dort nicht erlaubt",
    "that is not possible there": "das ist dort nicht möglich",
    "somebody else changed that meanwhile; try again": (
        "jemand anderes hat das inzwischen geändert; noch einmal versuchen"
    ),
    "that is more than a mailbox can hold": "das ist mehr, als ein Postfach fassen kann",
    "the mailbox is busy; try again": "das Postfach ist beschäftigt; noch einmal versuchen",
    "the server has no room at the moment; try again later": (
        "der Server hat gerade keinen Platz; später noch einmal versuchen"
    ),
    "the mailbox is damaged; ask the administrator": "das Postfach ist beschädigt; den Administrator fragen",
    "the mailbox cannot be reached; try again later": (
        "das Postfach ist nicht zu erreichen; später noch einmal versuchen"
    ),
    "the mailbox cannot be selected": "der Ordner kann nicht geöffnet werden",
    "the message is too large": "die Nachricht ist zu groß",
    "an empty message is not kept": "eine leere Nachricht wird nicht aufgehoben",
    "there is no message with that number": "es gibt keine Nachricht mit dieser Nummer",
    "there is no such message or part": "diese Nachricht oder diesen Teil gibt es nicht",
    # what clients say wrongly
    "unknown command": "unbekannter Befehl",
    "a command begins with a tag": "ein Befehl beginnt mit einer Marke",
    "internal error; it was logged": "interner Fehler; er steht im Protokoll",
    # names of namespaces
    "Shared": "Freigegeben",
    "Public": "Öffentlich",
}

_LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {"en": {}, "de": _GERMAN}
#: As they are told.
TAGS: Final = (*_LANGUAGES, I_DEFAULT)


def translated(text: str, language: str) -> str:
    """Return a text in a language of :data:`TAGS`, in English if there is no translation."""
    catalogue = _LANGUAGES.get(language)
    if not catalogue:
        return text
    found = catalogue.get(text)
    if found is None and text.endswith(_COMPLETED):
        return text.removesuffix(_COMPLETED) + catalogue[_COMPLETED]
    return text if found is None else found


def chosen(ranges: Iterable[str], preferred: str) -> str | None:
    """Return the language for language ranges, the first being liked best; None: there is none.

    Spec:
        RFC 5255 3.2 (``default``); RFC 4647 section 3.4: ``de-AT`` is content with ``de``, ``*`` with any.
    """
    for wanted in ranges:
        if wanted.lower() in ("default", "*"):
            return preferred
        parts = wanted.lower().split("-")
        for count in range(len(parts), 0, -1):
            tag = "-".join(parts[:count])
            if tag in TAGS:
                return tag
    return None
