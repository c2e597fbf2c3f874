"""What the dynamic linker knows of loaded libraries (ELF, 64 bit)."""

from __future__ import annotations

import ctypes
import os

# From the ELF specification: tags of the dynamic section.
DT_PLTRELSZ, DT_STRTAB, DT_SYMTAB, DT_FINI, DT_JMPREL, DT_FINI_ARRAY, DT_FINI_ARRAYSZ = 2, 5, 6, 13, 23, 26, 28


class Dynamic(ctypes.Structure):
    _fields_ = [("tag", ctypes.c_int64), ("value", ctypes.c_uint64)]


class LinkMap(ctypes.Structure):
    """What dlopen's handle points to (link.h)."""

    _fields_ = [("base", ctypes.c_uint64), ("name", ctypes.c_char_p), ("dynamic", ctypes.POINTER(Dynamic))]

    def entries(self) -> dict[int, Dynamic]:
        """The dynamic section by tag."""
        found = {}
        index = 0
        while self.dynamic[index].tag != 0:
            found[self.dynamic[index].tag] = self.dynamic[index]
            index += 1
        return found


def loaded(library: str) -> LinkMap | None:
    """None if it isn't."""
    try:
        return LinkMap.from_address(ctypes.CDLL(library, mode=os.RTLD_NOLOAD)._handle)
    except OSError:
        return None
