"""Property rows at the pace of tables: a reader and a writer made for one set of columns.

The functions are generated Python: neighbouring values of fixed size go through one ``struct`` call, texts
and octets between them as they are. 20 columns take 2.3 us instead of 13 (``bench/micro_mapi.py``). Whatever
the made functions do not like (another type, a number out of range, an error in a cell, a buffer that ends)
goes through :mod:`gromox.mapi.propertyrow`, which then does it or says what is wrong: it is the
specification.

Hot path: generated code, no dataclasses, and a codec that counts its rows before it pays for being made.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.propertyrow import Cell, Row, column_type, pack_row, unpack_row
from gromox.mapi.proptypes import PropType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    _Pack: TypeAlias = Callable[[Sequence[Cell]], bytes]
    _Unpack: TypeAlias = Callable[[bytes, int], tuple[Row, int]]

#: Making the functions takes as long as about fifty rows save (0.6 ms).
_ROWS_BEFORE: Final = 50
#: More columns than that are not a table, and code for them would be long.
_MOST_COLUMNS: Final = 256
_CODECS: Final = 256

#: Codes of ``struct``; PtypNull, structures and several values have none and are left to the specification.
_FIXED: Final[dict[int, str]] = {
    PropType.INTEGER16: "H",
    PropType.INTEGER32: "I",
    PropType.FLOATING32: "f",
    PropType.FLOATING64: "d",
    PropType.CURRENCY: "q",
    PropType.FLOATING_TIME: "d",
    PropType.ERROR_CODE: "I",
    PropType.BOOLEAN: "B",
    PropType.INTEGER64: "Q",
    PropType.TIME: "Q",
    PropType.GUID: "16s",
}
_COUNTED: Final = frozenset({PropType.BINARY, PropType.OBJECT, PropType.SERVER_ID})
_TERMINATED: Final = frozenset({PropType.STRING, PropType.STRING8})
_REFUSED: Final = (struct.error, AttributeError, TypeError, KeyError, ValueError, OverflowError, IndexError)


class RowCodec:
    """Reads and writes rows of one set of columns; made by :func:`row_codec`."""

    __slots__ = ("_flagged", "_rows", "_standard", "_unpack", "columns", "wide")

    def __init__(self, columns: tuple[int, ...], *, wide: bool) -> None:
        self.columns, self.wide = columns, wide
        self._standard: _Pack | None = None
        self._flagged: _Pack | None = None
        self._unpack: _Unpack | None = None
        kinds = [column_type(tag) for tag in columns]
        makeable = all(kind in _FIXED or kind in _COUNTED or kind in _TERMINATED for kind in kinds)
        self._rows = _ROWS_BEFORE if makeable and 0 < len(columns) <= _MOST_COLUMNS else -1

    def pack(self, cells: Sequence[Cell]) -> bytes:
        """Return a row; see :func:`gromox.mapi.propertyrow.pack_row`."""
        pack = self._flagged if None in cells else self._standard
        if pack is not None:
            try:
                return pack(cells)
            except _REFUSED:
                pass  # the specification does it, or says what is wrong
        elif self._rows > 0:
            self._count()
        w = Writer()
        pack_row(w, self.columns, cells, wide=self.wide)
        return w.octets()

    def unpack(self, octets: bytes, offset: int = 0) -> tuple[Row, int]:
        """Return the row that starts at ``offset`` and where it ends.

        Raises:
            ParseError: it does not follow the layout.
        """
        if self._unpack is not None:
            try:
                return self._unpack(octets, offset)
            except _REFUSED:
                pass
        elif self._rows > 0:
            self._count()
        r = Reader(octets)
        if not 0 <= offset <= len(octets):
            raise ParseError("a row within the buffer", offset)
        r.offset = offset
        return unpack_row(r, self.columns, wide=self.wide), r.offset

    def _count(self) -> None:
        self._rows -= 1
        if not self._rows:
            self.make()

    def make(self) -> None:
        """Generate the functions now instead of after some rows; does nothing where they cannot be."""
        if self._rows < 0:
            return
        kinds = [column_type(tag) for tag in self.columns]
        self._rows = 0
        self._standard, self._flagged, self._unpack = _made(kinds, wide=self.wide)


def row_codec(columns: tuple[int, ...], *, wide: bool = False) -> RowCodec:
    """Return the codec of rows of these columns, the same one for the same columns."""
    if len(columns) > _MOST_COLUMNS:  # nothing is made for them, and to keep them would cost memory
        return RowCodec(columns, wide=wide)
    return _kept(columns, wide)


@lru_cache(_CODECS)
def _kept(columns: tuple[int, ...], wide: bool) -> RowCodec:  # noqa: FBT001 - a key of the cache
    return RowCodec(columns, wide=wide)


def _made(kinds: Sequence[int], *, wide: bool) -> tuple[_Pack, _Pack, _Unpack]:
    names: dict[str, object] = {
        "UUID": UUID,
        "bit": {True: 1, False: 0},
        "clean": _clean,
        "text": _text,
        "string": _string,
    }
    makers = (_standard_source, _flagged_source, _unpack_source)
    source = "\n".join(maker(kinds, names, wide=wide) for maker in makers)
    # The text is put together from the constants of this module and numbers; nothing of a request is in it.
    exec(compile(source, "<row codec>", "exec"), names)  # noqa: S102
    return names["standard"], names["flagged"], names["unpack"]  # type: ignore[return-value] # just defined


def _number_code(kind: int, *, wide: bool) -> str:
    """Return the code of a count of octets."""
    return "I" if wide and kind != PropType.SERVER_ID else "H"


def _struct(names: dict[str, object], code: str) -> str:
    name = f"s{len(names)}"
    names[name] = struct.Struct(f"<{code}")
    return name


def _value(kind: int, name: str) -> str:
    if kind == PropType.BOOLEAN:
        return f"bit[{name}]"
    if kind == PropType.GUID:
        return f"{name}.bytes_le"
    return name


def _octets(kind: int, name: str) -> str:
    """Return the expression of the octets of a value of varying size."""
    if kind == PropType.STRING:
        return f"clean({name}).encode('utf-16-le', 'surrogatepass')"
    if kind == PropType.STRING8:
        return f"string({name})"
    return name


def _clean(value: str) -> str:
    if "\0" in value:
        raise ValueError("a text ends at its first NUL")
    return value


def _string(value: bytes) -> bytes:
    if b"\0" in value:
        raise ValueError("a text ends at its first NUL")
    return value


def _targets(kinds: Sequence[int]) -> str:
    return "".join(f"v{number}, " for number in range(len(kinds)))


def _run(names: dict[str, object], code: str, values: str) -> list[str]:
    """Return the expression that packs neighbouring values; without values it is a constant."""
    if values:
        return [f"{_struct(names, code)}.pack({values})"]
    return [repr(struct.pack(f"<{code}"))] if code else []


def _standard_source(kinds: Sequence[int], names: dict[str, object], *, wide: bool) -> str:
    pieces: list[str] = []
    code, values = "x", ""  # the flag of a standard row is zero
    for number, kind in enumerate(kinds):
        name = f"v{number}"
        if kind in _FIXED:
            code, values = code + _FIXED[kind], f"{values}{_value(kind, name)}, "
            continue
        if kind in _COUNTED:
            code, values = code + _number_code(kind, wide=wide), f"{values}len({name}), "
        pieces += _run(names, code, values)
        pieces.append(_octets(kind, name))
        code, values = ("2x" if kind == PropType.STRING else "x" if kind == PropType.STRING8 else ""), ""
    pieces += _run(names, code, values)
    return f"def standard(row):\n {_targets(kinds)} = row\n return b''.join(({', '.join(pieces)},))\n"


def _flagged_source(kinds: Sequence[int], names: dict[str, object], *, wide: bool) -> str:
    lines = ["def flagged(row):", f" {_targets(kinds)} = row", " out = [b'\\1']; add = out.append"]
    for number, kind in enumerate(kinds):
        name = f"v{number}"
        if kind in _FIXED:
            put = f"add({_struct(names, 'x' + _FIXED[kind])}.pack({_value(kind, name)}))"
        elif kind in _COUNTED:
            put = f"add({_struct(names, 'x' + _number_code(kind, wide=wide))}.pack(len({name}))); add({name})"
        else:
            end = "b'\\0\\0'" if kind == PropType.STRING else "b'\\0'"
            put = f"add(b'\\0'); add({_octets(kind, name)}); add({end})"
        lines += [f" if {name} is None: add(b'\\1')", f" else: {put}"]
    return "\n".join([*lines, " return b''.join(out)", ""])


def _unpack_source(kinds: Sequence[int], names: dict[str, object], *, wide: bool) -> str:
    lines = ["def unpack(b, p):", " if b[p]: raise ValueError", " p += 1"]
    code, targets = "", ""
    after: list[str] = []

    def flush(*, counted: bool) -> None:
        nonlocal code, targets, after
        if code:
            form = _struct(names, code)
            lines.append(f" {targets}{'n, ' if counted else ''} = {form}.unpack_from(b, p)")
            lines.append(f" p += {struct.calcsize('<' + code)}")
        lines.extend(after)
        code, targets, after = "", "", []

    for number, kind in enumerate(kinds):
        name = f"v{number}"
        if kind in _FIXED:
            code, targets = code + _FIXED[kind], f"{targets}{name}, "
            if kind == PropType.BOOLEAN:
                after.append(f" {name} = {name} != 0")
            elif kind == PropType.GUID:
                after.append(f" {name} = UUID(bytes_le={name})")
        elif kind in _COUNTED:
            code += _number_code(kind, wide=wide)
            flush(counted=True)
            lines.append(f" q = p + n; {name} = b[p:q]; p = q")
        else:
            flush(counted=False)
            if kind == PropType.STRING:
                lines.append(f" {name}, p = text(b, p)")
            else:
                lines.append(f" q = b.index(b'\\0', p); {name} = b[p:q]; p = q + 1")
    flush(counted=False)
    # Octets cut short by the end of the buffer are for the specification to tell.
    return "\n".join([*lines, " if p > len(b): raise ValueError", f" return ({_targets(kinds)}), p", ""])


def _text(octets: bytes, start: int) -> tuple[str, int]:
    """Return the UTF-16 text at ``start`` and what follows its NUL; ValueError without one."""
    end = octets.index(b"\0\0", start)
    while (end - start) & 1:
        end = octets.index(b"\0\0", end + 1)
    return octets[start:end].decode("utf-16-le", "surrogatepass"), end + 2
