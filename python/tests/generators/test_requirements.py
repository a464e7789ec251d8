"""The page of proven requirements follows from markers; a number that there is not is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from generators import requirements


@pytest.fixture
def marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(requirements, "TESTS", tmp_path)
    return tmp_path


def test_a_marked_requirement_is_proven_and_the_others_say_why_not(marked: Path) -> None:
    lines = [f'@pytest.mark.{"requirement"}("MS-OXCFOLD", "R1065")', "def test_x(): ..."]
    (marked / "test_x.py").write_text("\n".join(lines))
    text, errors = requirements.page()

    assert errors == []
    assert "| [MS-OXCFOLD](#ms-oxcfold) | 26 | 1 | 25 | 0 |" in text
    assert "R1065" not in text
    assert "| 3.2.5.13 | R648 | the opening of tables: the MAPI protocol |" in text


def test_numbers_count_with_and_without_their_letter(marked: Path) -> None:
    (marked / "test_x.py").write_text(f'@pytest.mark.{"requirement"}("MS-OXCFOLD", 1065)\ndef test_x(): ...')
    assert [number for _, _, number in requirements.markers()] == ["R1065"]


def test_a_number_that_there_is_not(marked: Path) -> None:
    (marked / "test_x.py").write_text(f'@pytest.mark.{"requirement"}("MS-OXCMSG", "R0")\ndef test_x(): ...')
    assert requirements.page()[1] == ["test_x.py: MS-OXCMSG has no requirement R0"]


def test_documents_of_other_matters_are_nobodys_business_here(marked: Path) -> None:
    (marked / "test_x.py").write_text(f'@pytest.mark.{"requirement"}("MS-ASCMD", "R1")\ndef test_x(): ...')
    assert requirements.page()[1] == []


def test_sections_decide_unless_the_number_does() -> None:
    known = {("D", "2.2"): "a", ("D", "2.2.1"): "b", ("D", "R7"): "c"}
    assert requirements.reason(known, "D", "2.2.1.5", "R1") == "b"
    assert requirements.reason(known, "D", "2.2.3", "R1") == "a"
    assert requirements.reason(known, "D", "2.2.1.5", "R7") == "c"
    assert requirements.reason(known, "D", "3", "R1") == "not yet"
