r"""Character sets of fonts, ``\fcharset``, as code pages.

Spec: RTF 1.9.1, "Font Table".
"""

from __future__ import annotations

from typing import Final

#: Charsets 0 and 1 are the document's own code page; 2 is the symbol font's, whose octets are no letters.
CODE_PAGES: Final[dict[int, int]] = {
    77: 10000,
    78: 10001,
    79: 10003,
    80: 10008,
    81: 10002,
    83: 10005,
    84: 10004,
    85: 10006,
    86: 10081,
    87: 10021,
    88: 10029,
    89: 10007,
    128: 932,
    129: 949,
    130: 1361,
    134: 936,
    136: 950,
    161: 1253,
    162: 1254,
    163: 1258,
    177: 1255,
    178: 1256,
    179: 1256,
    180: 1256,
    181: 1255,
    186: 1257,
    204: 1251,
    222: 874,
    238: 1250,
    254: 437,
    255: 850,
}
SYMBOL: Final = 2

#: What symbol fonts draw for some octets: bullets, arrows, marks. The rest are taken for letters.
_SYMBOL_SIGNS: Final = {
    0xA7: "\u25aa",
    0xA8: "\u25a1",
    0xB7: "\u2022",
    0xD8: "\u27a2",
    0xDE: "\u21d2",
    0xE0: "\u2192",
    0xFC: "\u2713",
}


def decode_symbols(octets: bytes) -> str:
    """Return what a symbol font would show, as far as Unicode has it."""
    return "".join(_SYMBOL_SIGNS.get(octet, chr(octet)) for octet in octets)
