"""The data files: complete, unambiguous, and readable with an operator's own copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gromox.share import DataFileError
from gromox.share.folder_names import builtin_names, folder_names, is_known, languages, locale_chain
from gromox.share.property_names import property_names

if TYPE_CHECKING:
    from pathlib import Path

# reference/system/layout.md section 7
UI_LANGUAGES = (
    *("ar-DZ", "ar-SA", "ca-ES", "cs-CZ", "da-DK", "de-DE", "el-GR", "en-US", "es-ES", "fi-FI", "fr-FR"),
    *("hu-HU", "is-IS", "it-IT", "ja-JP", "nb-NO", "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ru-RU", "sl-SL"),
    *("tr-TR", "uk-UA", "zh-CN", "zh-TW"),
)


@pytest.mark.parametrize("locale", UI_LANGUAGES)
def test_each_language_of_the_pages_has_names(locale: str) -> None:
    assert is_known(locale)


@pytest.mark.parametrize("locale", languages())
def test_names_are_complete_and_siblings_differ(locale: str) -> None:
    names = builtin_names(locale)

    assert set(names) == set(range(0x01, 0x1E))
    siblings = [names[key].casefold() for key in (*range(0x0A, 0x14), 0x17, 0x19, 0x1D)]
    siblings += [folder_names(locale)[key].casefold() for key in ("Archive", "ConversationHistory")]
    assert len(set(siblings)) == len(siblings)
    # "/" separates the levels of an IMAP path
    assert not [name for name in names.values() if "/" in name or name != name.strip()]


@pytest.mark.parametrize(
    ("locale", "inbox"),
    [
        ("de", "Posteingang"),
        ("de_AT.UTF-8", "Posteingang"),
        ("pt_BR", "Caixa de Entrada"),
        ("pt_PT", "A Receber"),
        ("no", "Innboks"),
        ("zh-HK", "收件匣"),
        ("zh", "收件箱"),
        ("sr_RS@latin", "Prijemno sanduče"),
        ("en_GB", "Inbox"),
        ("xx_YY", "Inbox"),
        ("", "Inbox"),
    ],
)
def test_the_closest_section_wins(locale: str, inbox: str) -> None:
    assert builtin_names(locale)[0x0D] == inbox


def test_the_chain_ends_in_english() -> None:
    assert locale_chain("pt_BR.UTF-8") == ["pt_BR", "pt", "en"]
    assert locale_chain("sr_RS@latin") == ["sr_RS@latin", "sr_RS", "sr", "en"]
    assert locale_chain("en_US") == ["en_US", "en"]


def test_an_operators_copy_is_taken_instead(tmp_path: Path) -> None:
    (tmp_path / "folder_names.txt").write_text("[en]\n0d = In\n[tlh]\nff = tlhIngan Hol\n0d = loS\n")

    assert builtin_names("tlh", tmp_path) == {0x0D: "loS"}
    assert languages(tmp_path) == {"en": "en", "tlh": "tlhIngan Hol"}
    assert not is_known("de", tmp_path)
    assert property_names(tmp_path) == property_names()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("0d = Inbox\n", "folder_names.txt:1: expected"),
        ("[en]\n# fine\n0d Inbox\n", "folder_names.txt:3: expected"),
        ("[en]\n0d = a\n0d = b\n", "folder_names.txt:3: key 0d stands there twice"),
        ("[de]\n0d = a\n[de]\n", "folder_names.txt:3: section"),
        ("[de]\n0d = a\n", "no section .en."),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "folder_names.txt").write_text(text)

    with pytest.raises(DataFileError, match=complaint):
        folder_names("de", tmp_path)


def test_a_file_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder_names.txt").write_bytes(b"[en]\n0d = Bo\xeete\n")

    with pytest.raises(DataFileError, match="cannot be read"):
        folder_names("en", tmp_path)


def test_property_names_are_as_the_store_keeps_them() -> None:
    names = property_names()

    assert len(names) > 500
    assert "GUID=00062008-0000-0000-c000-000000000046,LID=34051" in names  # PidLidReminderSet, 0x8503
    assert "GUID=00020329-0000-0000-c000-000000000046,NAME=Keywords" in names


def test_property_names_are_normalised_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "propnames.txt"
    file.write_text("GUID=00062008-0000-0000-C000-000000000046,LID=0x8503\n")
    assert property_names(tmp_path) == ("GUID=00062008-0000-0000-c000-000000000046,LID=34051",)

    other = tmp_path / "other"
    other.mkdir()
    (other / "propnames.txt").write_text("GUID=00062008-0000-0000-C000-000000000046,LID=x\n")
    with pytest.raises(DataFileError, match=r"propnames\.txt:1: expected GUID"):
        property_names(other)
