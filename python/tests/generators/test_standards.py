"""The page of documents follows from the index."""

from __future__ import annotations

from generators.standards import INDEX, PAGE, Entry, entries, page

HEAD = "document\tstatus\tpackage\tabout\n"


def test_the_index_is_sound_and_the_page_is_that_of_the_index() -> None:
    found, errors = entries(INDEX.read_text(encoding="utf-8"))
    assert errors == []
    assert page(found) == PAGE.read_text(encoding="utf-8")


def test_rfcs_are_ordered_by_number_and_stand_before_others() -> None:
    text = (
        HEAD + "[MS-CFB] 2\tdone\tconvert\tx|y\nRFC 10000\tnot yet\ta\tb\nRFC 822\treplaced\ta\tby RFC 5322\n"
    )
    found, errors = entries(text)
    assert errors == []
    assert [each.document for each in found] == ["RFC 822", "RFC 10000", "[MS-CFB] 2"]
    shown = page(found)
    assert "| done | 1 |" in shown
    assert r"| \[MS-CFB\] 2 | done | convert | x\|y |" in shown


def test_what_is_wrong_is_named() -> None:
    text = (
        HEAD + "RFC 1\tdone\ta\tb\nRFC 1\tin part\ta\tb\nRFC 2\tmaybe\ta\tb\nRFC 3\tdone\ta\t\nRFC 4\tdone\n"
    )
    found, errors = entries(text)
    assert found == [Entry("RFC 1", "done", "a", "b"), Entry("RFC 1", "in part", "a", "b")]
    assert len(errors) == 4
    assert entries("a\tb\n")[1]
