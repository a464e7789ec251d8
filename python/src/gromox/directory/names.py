"""Names of domains, users and lists: what is allowed, and the one form in which they are stored and compared.

Spec:
    Fact sheets db-schema.md (widths; "Names with non-ASCII characters never match username columns") and
    admin-api.md "Users". RFC 5321 4.5.3.1 (64 octets local part, 255 domain), RFC 5322 3.2.3 (atext), RFC
    1035 2.3.4 (labels).
"""

from __future__ import annotations

import re
from typing import Final

from gromox.directory.errors import InvalidError

_MAX_LOCAL: Final = 64
_MAX_DOMAIN: Final = 253
_MAX_ADDRESS: Final = 320
_MAX_ALTNAME: Final = 320

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# dot-atom of RFC 5322 3.2.3 without the characters that have a meaning elsewhere: "/" (the local part names a
# directory), "!" (separates login and mailbox), "%" (source routes of old), and quotes and braces of map
# files.
_LOCAL: Final = re.compile(r"[a-z0-9_+&#$*=?^~'-]+(\.[a-z0-9_+&#$*=?^~'-]+)*")
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")


def domain_name(text: str) -> str:
    """Return a domain as it is stored: lower case, IDNA form, no final dot.

    Raises:
        InvalidError: it is not the name of a mail domain.
    """
    name = text.strip().removesuffix(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise InvalidError(f"domain {text!r} has no IDNA form") from error
    name = name.lower()
    if len(name) > _MAX_DOMAIN:
        raise InvalidError(f"domain name is longer than {_MAX_DOMAIN} octets")
    labels = name.split(".")
    if not name or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidError(
            f"domain {text!r} is not valid: labels of letters, digits and inner hyphens, each at most 63 long"
        )
    if labels[-1].isdigit():
        raise InvalidError(f"domain {text!r} looks like a network address")
    return name


def display_domain(name: str) -> str:
    """Return the form of a stored domain that people read; names that do not decode stay as they are."""
    if "xn--" not in name:
        return name
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name


def address(text: str) -> str:
    """Return a mail address as it is stored: lower case, the domain in IDNA form.

    Raises:
        InvalidError: it cannot be the address of a user here.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at:
        raise InvalidError(f"address {text!r} has no domain: write name@domain")
    local = local.lower()
    if not local.isascii():
        raise InvalidError(f"address {text!r}: the part before @ must be ASCII")
    if len(local) > _MAX_LOCAL:
        raise InvalidError(f"address {text!r}: the part before @ is longer than {_MAX_LOCAL} octets")
    if not _LOCAL.fullmatch(local):
        raise InvalidError(
            f"address {text!r}: before @ stand letters, digits, _ + - & # $ * = ? ^ ~ ' and single inner dots"
        )
    return f"{local}@{domain_name(domain)}"


def altname(text: str) -> str:
    """Return a further login name in the form it is stored.

    Raises:
        InvalidError: it is empty, too long, or holds blanks, control characters or ``!``.
    """
    name = text.strip()
    if not name:
        raise InvalidError("an alternative name may not be empty")
    if len(name) > _MAX_ALTNAME:
        raise InvalidError(f"an alternative name may have at most {_MAX_ALTNAME} characters")
    if _CONTROL.search(name) or "!" in name:
        raise InvalidError(f"alternative name {name!r} may not hold blanks, control characters or '!'")
    return name.lower()


def lookup_key(text: str) -> str | None:
    """Return the form in which a name that came from outside is looked up; None: it can match nothing.

    The domain is put into IDNA form as at creation; a local part that is not ASCII never matches. Blanks are
    refused, not trimmed: MariaDB ignores them at the end when it compares, and one user would have many
    names.
    """
    if not text or len(text) > _MAX_ADDRESS or _CONTROL.search(text):
        return None
    if text.isascii():
        return text.lower()
    local, at, domain = text.rpartition("@")
    if not at or not local.isascii():
        return None
    try:
        return f"{local.lower()}@{domain_name(domain)}"
    except InvalidError:
        return None


def altname_key(text: str) -> str | None:
    """Return the form in which a login is looked up among the altnames; None: it can match nothing."""
    if not text or len(text) > _MAX_ALTNAME or _CONTROL.search(text):
        return None
    return text.lower()


def split(name: str) -> tuple[str, str]:
    """Return local part and domain of an address; the domain is empty when there is none."""
    local, at, domain = name.rpartition("@")
    return (local, domain) if at else (name, "")


def fitted(text: str, width: int, what: str) -> str:
    """Return ``text`` if a column of ``width`` characters can hold it.

    Raises:
        InvalidError: it is too long or holds a NUL.
    """
    if len(text) > width:
        raise InvalidError(f"{what} is longer than {width} characters")
    if "\0" in text:
        raise InvalidError(f"{what} holds a NUL character")
    return text
