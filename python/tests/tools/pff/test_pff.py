"""Values of PST files, and files that are none; whole files are in the corpora."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from gromox.base.errors import ParseError
from gromox.mapi.proptypes import PropType
from gromox.tools import pff2mt
from gromox.tools.pff.library import PffError, open_file
from gromox.tools.pff.value import subject_of, value_of
from tests.tools.mt.conftest import pipes  # noqa: F401 - standard input and output
from tests.tools.mt.pipes import Pipes

GUID = uuid.UUID(int=5)


@pytest.mark.parametrize(
    ("kind", "octets", "value"),
    [
        (PropType.INTEGER16, "0100", 1),
        (PropType.INTEGER32, "01000000", 1),
        (PropType.BOOLEAN, "01", True),
        (PropType.BOOLEAN, "0000", False),
        (PropType.TIME, "0100000000000000", 1),
        (PropType.FLOATING64, "000000000000f03f", 1.0),
        (PropType.STRING, "61006200", "ab"),
        (PropType.STRING8, "e4620063", "äb"),
        (PropType.BINARY, "00ff", b"\0\xff"),
        (PropType.GUID, GUID.bytes_le.hex(), GUID),
        (PropType.MULTIPLE_INTEGER32, "0100000002000000", (1, 2)),
        (PropType.MULTIPLE_GUID, GUID.bytes_le.hex() * 2, (GUID, GUID)),
        # [MS-PST] 2.3.3.4.2: how many, where each begins, and all behind each other.
        (PropType.MULTIPLE_STRING, "02000000 0c000000 0e000000 6100 62006300", ("a", "bc")),
        (PropType.MULTIPLE_BINARY, "01000000 08000000 ff", (b"\xff",)),
        (PropType.MULTIPLE_BINARY, "0100", ()),
        (PropType.OBJECT, "00", None),
        (PropType.NULL, "", None),
        (0x7777, "00", None),
        (0x1000 | PropType.OBJECT, "00", None),
    ],
)
def test_values(kind: int, octets: str, value: object) -> None:
    assert value_of(kind, bytes.fromhex(octets), 1252) == value


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        (PropType.INTEGER32, "0100"),
        (PropType.GUID, "00" * 15),
        (PropType.MULTIPLE_STRING, "ffffffff00000000"),
        (PropType.MULTIPLE_BINARY, "0200000008000000"),
    ],
)
def test_values_that_are_too_short(kind: int, octets: str) -> None:
    with pytest.raises(ParseError):
        value_of(kind, bytes.fromhex(octets), 1252)


def test_subjects_lose_the_length_of_their_prefix() -> None:
    # [MS-PST] 2.5.3.1.1.1
    assert subject_of("\x01\x05Re: a") == "Re: a"
    assert subject_of("a") == "a"


def test_a_file_that_is_none(tmp_path: Path, pipes: Pipes) -> None:  # noqa: F811 - the fixture
    path = tmp_path / "no.pst"
    path.write_bytes(b"!BDN" + bytes(600))

    with pytest.raises(PffError, match="libpff"):
        open_file(str(path).encode())
    ran = pipes.run(pff2mt.main, path)
    assert (ran.code, ran.out) == (1, b"")
    assert "libpff" in ran.err
    assert "No such file" in pipes.run(pff2mt.main, tmp_path / "gone.pst").err
