"""What the dynamic linker knows of loaded libraries (ELF, 64 bit)."""

from __future__ import annotations

import ctypes
import os

# From the ELF specification: tags of the dynamic section.
DT_NEEDED, DT_PLTRELSZ, DT_STRTAB, DT_SYMTAB, DT_FINI, DT_JMPREL, DT_FINI_ARRAY, DT_FINI_ARRAYSZ = 1, 2, 5, 6, 13, 23, 26, 28


class Dynamic(ctypes.Structure):
    _fields_ = [("tag", ctypes.c_int64), ("value", ctypes.c_uint64)]


class LinkMap(ctypes.Structure):
    """What dlopen's handle points to (link.h)."""

    _fields_ = [("base", ctypes.c_uint64), ("name", ctypes.c_char_p), ("dynamic", ctypes.POINTER(Dynamic))]

    def section(self) -> list[Dynamic]:
        found = []
        while self.dynamic[len(found)].tag != 0:
            found.append(self.dynamic[len(found)])
        return found

    def entries(self) -> dict[int, Dynamic]:
        """The dynamic section by tag; of those that occur more than once the last."""
        return {entry.tag: entry for entry in self.section()}

    def needed(self) -> list[str]:
        """The libraries that it was linked with."""
        names = self.entries()[DT_STRTAB].value
        return [os.fsdecode(ctypes.string_at(names + entry.value)) for entry in self.section() if entry.tag == DT_NEEDED]


def loaded(library: str) -> LinkMap | None:
    """By its path, or its name as others need it."""
    try:
        return LinkMap.from_address(ctypes.CDLL(library, mode=os.RTLD_NOLOAD)._handle)
    except OSError:
        return None
