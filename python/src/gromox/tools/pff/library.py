"""The functions of libpff that are needed, and their errors.

Every function returns 1 (done), 0 (there is no such thing) or -1 (an error, which is then told).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
from functools import cache
from typing import Final

from gromox.base.errors import GromoxError

_HANDLE: Final = ctypes.c_void_p
_OUT: Final = ctypes.POINTER(ctypes.c_void_p)
_INT: Final = ctypes.POINTER(ctypes.c_int)
_U8: Final = ctypes.POINTER(ctypes.c_uint8)
_U32: Final = ctypes.POINTER(ctypes.c_uint32)
_SIZE: Final = ctypes.POINTER(ctypes.c_size_t)
_SIZE64: Final = ctypes.POINTER(ctypes.c_uint64)
#: Arguments between the object and the error, by function. Functions named in ``_COUNTS`` return a size.
_FUNCTIONS: Final[dict[str, tuple[object, ...]]] = {
    "file_open": (ctypes.c_char_p, ctypes.c_int),
    "file_close": (),
    "file_get_root_folder": (_OUT,),
    "file_get_message_store": (_OUT,),
    "file_get_item_by_identifier": (ctypes.c_uint32, _OUT),
    "file_recover_items": (ctypes.c_uint8,),
    "file_get_number_of_recovered_items": (_INT,),
    "file_get_recovered_item_by_index": (ctypes.c_int, _OUT),
    "item_get_identifier": (_U32,),
    "item_get_type": (_U8,),
    "item_get_number_of_record_sets": (_INT,),
    "item_get_record_set_by_index": (ctypes.c_int, _OUT),
    "record_set_get_number_of_entries": (_INT,),
    "record_set_get_entry_by_index": (ctypes.c_int, _OUT),
    "record_entry_get_entry_type": (_U32,),
    "record_entry_get_value_type": (_U32,),
    "record_entry_get_name_to_id_map_entry": (_OUT,),
    "record_entry_get_data_size": (_SIZE,),
    "record_entry_get_data": (ctypes.c_char_p, ctypes.c_size_t),
    "name_to_id_map_entry_get_type": (_U8,),
    "name_to_id_map_entry_get_number": (_U32,),
    "name_to_id_map_entry_get_guid": (ctypes.c_char_p, ctypes.c_size_t),
    "name_to_id_map_entry_get_utf8_string_size": (_SIZE,),
    "name_to_id_map_entry_get_utf8_string": (ctypes.c_char_p, ctypes.c_size_t),
    "folder_get_number_of_sub_folders": (_INT,),
    "folder_get_sub_folder": (ctypes.c_int, _OUT),
    "folder_get_number_of_sub_messages": (_INT,),
    "folder_get_sub_message": (ctypes.c_int, _OUT),
    "folder_get_number_of_sub_associated_contents": (_INT,),
    "folder_get_sub_associated_content": (ctypes.c_int, _OUT),
    "message_get_recipients": (_OUT,),
    "message_get_number_of_attachments": (_INT,),
    "message_get_attachment": (ctypes.c_int, _OUT),
    "attachment_get_data_size": (_SIZE64,),
    "attachment_data_seek_offset": (ctypes.c_int64, ctypes.c_int),
    "attachment_data_read_buffer": (ctypes.c_char_p, ctypes.c_size_t),
    "attachment_get_item": (_OUT,),
}
_COUNTS: Final = {
    "attachment_data_seek_offset": ctypes.c_int64,
    "attachment_data_read_buffer": ctypes.c_ssize_t,
}
#: What is handed out to be freed; the names of properties belong to the file.
_FREED: Final = frozenset(["file", "item", "record_set", "record_entry"])
_TEXT: Final = 2048


class PffError(GromoxError):
    """The library cannot read something; its text is the library's."""


@cache
def _library() -> ctypes.CDLL:
    """Load the shared object and declare its functions.

    Raises:
        PffError: there is none.
    """
    module = importlib.util.find_spec("pypff")
    name = module.origin if module is not None and module.origin else ctypes.util.find_library("pff")
    if name is None:
        raise PffError("libpff is missing: install the Python package libpff-python or the library libpff1")
    try:
        library = ctypes.CDLL(name)
        for function, arguments in _FUNCTIONS.items():
            found = getattr(library, f"libpff_{function}")
            found.argtypes = [_HANDLE, *arguments, _OUT]
            found.restype = _COUNTS.get(function, ctypes.c_int)
        for kind in _FREED:
            getattr(library, f"libpff_{kind}_free").argtypes = [_OUT, _OUT]
        library.libpff_file_initialize.argtypes = [_OUT, _OUT]
        library.libpff_error_sprint.argtypes = [_HANDLE, ctypes.c_char_p, ctypes.c_size_t]
        library.libpff_error_free.argtypes = [_OUT]
        library.libpff_error_free.restype = None
    except (OSError, AttributeError) as error:
        raise PffError(f"{name} is no libpff that can be used: {error}") from error
    return library


def call(function: str, handle: Handle, *arguments: object) -> int:
    """Call a function on an object.

    Returns:
        1, or 0 if there is no such thing; of reading functions the number of octets.

    Raises:
        PffError: the library says so.
    """
    error = ctypes.c_void_p()
    result = int(getattr(_library(), f"libpff_{function}")(handle.pointer, *arguments, ctypes.byref(error)))
    if result < 0:
        raise PffError(_told(error) or f"libpff cannot do {function}")
    return result


def _told(error: ctypes.c_void_p) -> str:
    """Return what the library says, in one line, and free it."""
    if not error:
        return ""
    library = _library()
    text = ctypes.create_string_buffer(_TEXT)
    library.libpff_error_sprint(error, text, _TEXT)
    library.libpff_error_free(ctypes.byref(error))
    return " ".join(text.value.decode("utf-8", "replace").split())


class Handle:
    """An object of the library; freed when nothing refers to it any more."""

    __slots__ = ("_kind", "owner", "pointer")

    def __init__(self, kind: str, owner: Handle | None = None) -> None:
        """Begin without an object; ``owner`` has to live as long."""
        self._kind, self.owner = kind, owner
        self.pointer = ctypes.c_void_p()

    def __del__(self) -> None:
        """Free it."""
        if self.pointer and self._kind in _FREED:
            error = ctypes.c_void_p()
            library = _library()
            getattr(library, f"libpff_{self._kind}_free")(ctypes.byref(self.pointer), ctypes.byref(error))
            if error:
                library.libpff_error_free(ctypes.byref(error))

    def get(self, function: str, kind: str, *arguments: object) -> Handle | None:
        """Return an object of this one, or None if there is no such."""
        made = Handle(kind, self)
        return made if call(function, self, *arguments, ctypes.byref(made.pointer)) and made.pointer else None

    def number(self, function: str, kind: type[ctypes.c_int | ctypes.c_uint32] = ctypes.c_int) -> int:
        """Return a number of this object; 0 if it has none."""
        value = kind(0)
        call(function, self, ctypes.byref(value))
        return value.value


def open_file(path: bytes) -> Handle:
    """Open a file for reading.

    Raises:
        PffError: it is none that the library knows.
    """
    library = _library()
    made, error = Handle("file"), ctypes.c_void_p()
    if library.libpff_file_initialize(ctypes.byref(made.pointer), ctypes.byref(error)) != 1:
        raise PffError(_told(error))
    call("file_open", made, path, 1)
    return made
