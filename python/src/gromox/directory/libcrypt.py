"""The platform's crypt(3).

It knows every scheme the system knows, is twice as fast as Python, and other threads run meanwhile: a
hash of 30 ms would otherwise hold up every connection of the process. Where it is missing,
:mod:`passlib` computes the schemes it knows.
"""

from __future__ import annotations

import ctypes
from functools import partial
from typing import TYPE_CHECKING, Final

from passlib.hash import md5_crypt, sha256_crypt, sha512_crypt

if TYPE_CHECKING:
    from collections.abc import Callable

#: Longest passphrase (octets) that is hashed; the limit of libxcrypt, and of the time one login may cost.
MAX_PASSPHRASE: Final = 512

_NAMES: Final = ("libcrypt.so.1", "libcrypt.so.2")
_BUFFER: Final = 262_144  #: larger than struct crypt_data of glibc (131232) and of libxcrypt (32768)

_PYTHON_SCHEMES: Final = {"$6$": sha512_crypt, "$5$": sha256_crypt, "$1$": md5_crypt}
_PREFIX: Final = len("$6$")


def _platform_crypt() -> Callable[[bytes, bytes], bytes | None] | None:
    """Return crypt(3) of the system, or None where there is none."""
    for name in _NAMES:
        try:
            crypt_r = ctypes.CDLL(name).crypt_r
        except (OSError, AttributeError):
            continue
        crypt_r.restype = ctypes.c_char_p
        crypt_r.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p)
        return partial(_reentrant, crypt_r)
    return None


def _reentrant(
    crypt_r: Callable[[bytes, bytes, object], bytes | None], passphrase: bytes, setting: bytes
) -> bytes | None:
    # The work area is per call: ctypes lets other threads in while crypt_r runs.
    area = ctypes.create_string_buffer(_BUFFER)
    result = crypt_r(passphrase, setting, area)
    ctypes.memset(area, 0, _BUFFER)
    return result


_platform: Final = _platform_crypt()


def crypt(passphrase: bytes, setting: str) -> str | None:
    """Return the hash of a passphrase under a setting (which may be a whole hash); None: there is none.

    A passphrase that is empty, too long or holds a NUL has no hash: crypt(3) would stop at the NUL.
    """
    if not passphrase or len(passphrase) > MAX_PASSPHRASE or b"\0" in passphrase:
        return None
    if not setting.isascii() or "\0" in setting:
        return None
    if _platform is not None:
        result = _platform(passphrase, setting.encode("ascii"))
        # A failure is NULL, or a text that begins with an asterisk.
        if result is not None and not result.startswith(b"*"):
            return result.decode("ascii")
    return python_crypt(passphrase, setting)


def python_crypt(passphrase: bytes, setting: str) -> str | None:
    """Return the same without the system's help, for the schemes that passlib knows."""
    scheme = next((found for prefix, found in _PYTHON_SCHEMES.items() if setting.startswith(prefix)), None)
    if scheme is None:
        return None
    try:
        stated = scheme.from_string(setting)
        chosen = {name: getattr(stated, name) for name in ("salt", "rounds") if name in scheme.setting_kwds}
        result = str(scheme.using(**chosen).hash(passphrase))
    except ValueError:
        return None
    # The number that is the default is left out of a new hash; where it was written, it is written again.
    written = f"rounds={chosen.get('rounds')}$"
    if written in setting and written not in result:
        result = result[:_PREFIX] + written + result[_PREFIX:]
    return result
