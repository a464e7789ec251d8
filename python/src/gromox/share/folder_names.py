"""What the built-in folders of a mailbox are called in the language of its owner.

Spec: reference/system/store.md section 4.1 (format of ``folder_names.txt`` and its keys).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gromox.base.paths import data_file
from gromox.share import DataFileError, read_lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE: Final = "folder_names.txt"
FALLBACK: Final = "en"
PUBLIC_FOLDERS: Final = "80"  #: key of the name that stands for all public folders
LANGUAGE_NAME: Final = "ff"  #: key of the language's own name

# Codes under which a section is known besides its own name: older codes and regions that write alike.
_ALSO: Final[Mapping[str, str]] = {
    "no": "nb",
    "zh": "zh_CN",
    "zh_SG": "zh_CN",
    "zh_HK": "zh_TW",
    "zh_MO": "zh_TW",
    "iw": "he",
    "in": "id",
    "sr_Latn": "sr_RS@latin",
    "sr_ME": "sr_RS@latin",
}


def locale_chain(locale: str) -> list[str]:
    """Return the sections to look at for ``locale``, the closest first, English last.

    Codesets are ignored and ``-`` counts as ``_``: ``de-AT.UTF-8`` gives ``de_AT``, ``de``, ``en``.
    """
    name, _, modifier = locale.strip().partition("@")
    language, _, region = name.partition(".")[0].replace("-", "_").partition("_")
    language = language.lower()
    region = region.upper() if len(region) <= 2 else region.title()  # noqa: PLR2004 - ISO 3166 codes have two letters
    wider = f"{language}_{region}" if region else language
    candidates = [f"{wider}@{modifier}"] if modifier else []
    candidates += [wider, language]
    chain: list[str] = []
    for candidate in candidates:
        for section in (candidate, _ALSO.get(candidate)):
            if section and section not in chain:
                chain.append(section)
    return [*(section for section in chain if section != FALLBACK), FALLBACK]


def folder_names(locale: str, directory: Path | None = None) -> Mapping[str, str]:
    """Return key (folder id in two hexadecimal digits, or a word) to name, complete for any ``locale``.

    Raises:
        DataFileError: the file is damaged.
    """
    sections = _sections(_file(directory))
    names: dict[str, str] = {}
    for section in reversed(locale_chain(locale)):
        names.update({key: name for key, name in sections.get(section, {}).items() if key != LANGUAGE_NAME})
    return names


def builtin_names(locale: str, directory: Path | None = None) -> dict[int, str]:
    """Return folder id to name for the folders 0x01 to 0x1d of a private mailbox."""
    names = folder_names(locale, directory)
    return {int(key, 16): name for key, name in names.items() if len(key) == 2 and key != PUBLIC_FOLDERS}  # noqa: PLR2004 - two hexadecimal digits


def languages(directory: Path | None = None) -> Mapping[str, str]:
    """Return the locales that have names, each with what its speakers call it, sorted by code."""
    sections = _sections(_file(directory))
    return {locale: sections[locale].get(LANGUAGE_NAME, locale) for locale in sorted(sections)}


def is_known(locale: str, directory: Path | None = None) -> bool:
    """Tell whether there are names for the language of ``locale``, so that nothing falls back to English."""
    sections = _sections(_file(directory))
    is_english = locale.replace("-", "_").partition("_")[0].lower() == FALLBACK
    return is_english or any(section in sections for section in locale_chain(locale)[:-1])


@lru_cache(maxsize=4)
def _sections(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Read the whole file; a key outside a section, a line without ``=`` and a repetition are errors."""
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    for number, line in read_lines(path):
        if line.startswith("[") and line.endswith("]"):
            if line[1:-1] in sections:
                raise DataFileError(f"{path}:{number}: section {line} stands there twice")
            current = sections.setdefault(line[1:-1], {})
            continue
        key, equals, name = (part.strip() for part in line.partition("="))
        if current is None or not equals or not key or not name:
            raise DataFileError(f"{path}:{number}: expected [locale] or key = name")
        if key in current:
            raise DataFileError(f"{path}:{number}: key {key} stands there twice")
        current[key] = name
    if FALLBACK not in sections:
        raise DataFileError(f"{path}: has no section [{FALLBACK}], which all others fall back to")
    return sections


def _file(directory: Path | None) -> Path:
    return data_file(FILE, *((directory,) if directory is not None else ()))
