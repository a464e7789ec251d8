"""PST, OST and PAB files through libpff, the only module that knows the library.

Decisions not to break:

* The library's C interface is called through ctypes: its Python module cannot open messages within messages,
  nor tell the names of named properties. The shared object of the wheel ``libpff-python`` serves, or the one
  of the system.
* Everything the library gives back is freed when it is done with; contents of attachments are read in pieces.
* What the library cannot read is an error of that item only.

Spec: [MS-PST]; the interface is that of libpff.h.
"""
