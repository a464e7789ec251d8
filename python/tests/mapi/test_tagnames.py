from __future__ import annotations

import pytest

from gromox.mapi import tags
from gromox.mapi.tagnames import by_id, by_name, by_tag, error_names, type_name


@pytest.mark.parametrize("name", ["PidTagDisplayName", "PR_DISPLAY_NAME", "pr_display_name"])
def test_a_tag_is_found_by_each_of_its_names(name: str) -> None:
    assert [found.tag for found in by_name(name)] == [tags.PidTagDisplayName]


def test_a_tag_tells_its_names_and_type() -> None:
    found = by_tag(0x3001001F)

    assert found is not None
    assert (found.canonical, found.prop_id, found.type, found.type_name) == (
        "PidTagDisplayName", 0x3001, 0x001F, "String",
    )  # fmt: skip
    assert found.names[0] == "PidTagDisplayName"
    assert "PR_DISPLAY_NAME" in found.names


def test_all_types_of_an_identifier_are_known() -> None:
    assert [found.tag for found in by_id(0x3001)] == [0x3001001E, 0x3001001F]
    assert by_id(0x3001)[0].names == ("PR_DISPLAY_NAME_A",)


def test_what_nobody_knows() -> None:
    assert by_tag(0x12345678) is None
    assert by_id(0xBEEF) == ()
    assert by_name("PR_NO_SUCH") == ()
    assert error_names(0x12345678) == ()
    assert type_name(0x7777) == "0x7777"


def test_every_constant_is_in_the_table() -> None:
    for name, tag in vars(tags).items():
        if name.startswith("PidTag"):
            assert tag in {found.tag for found in by_name(name)}, name


def test_error_codes_have_both_names() -> None:
    assert error_names(0x8004010F) == ("NotFound", "MAPI_E_NOT_FOUND")
    assert type_name(0x1102) == "MultipleBinary"
