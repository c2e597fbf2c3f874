"""Replaces a function that a loaded library calls in another one, by its slot in the library's linkage table (ELF, 64 bit)."""

from __future__ import annotations

import ctypes
import mmap
import sys

from mocha_cocotb.elf import DT_JMPREL, DT_PLTRELSZ, DT_STRTAB, DT_SYMTAB, LinkMap, loaded

# From the ELF specification: relocations of a slot that holds a function's address.
SLOT_TYPES = {"x86_64": (6, 7), "aarch64": (1025, 1026)}
SYMBOL_SIZE = 24
PROT_READ, PROT_WRITE = 1, 2


class Relocation(ctypes.Structure):
    _fields_ = [("offset", ctypes.c_uint64), ("info", ctypes.c_uint64), ("addend", ctypes.c_int64)]


def interpose(library: str, function: str, replacement) -> bool:
    """Have `library`, which is loaded, call `replacement` for `function`; False, and nothing changed, where that isn't possible."""
    if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    linked = loaded(library)
    slot = None if linked is None else find_slot(linked, function.encode())
    if slot is None:
        return False
    page = slot & ~(mmap.PAGESIZE - 1)
    libc = ctypes.CDLL(None)
    if libc.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(mmap.PAGESIZE), PROT_READ | PROT_WRITE) != 0:
        return False
    ctypes.c_void_p.from_address(slot).value = ctypes.cast(replacement, ctypes.c_void_p).value
    return True


def find_slot(linked: LinkMap, function: bytes) -> int | None:
    entries = {tag: entry.value for tag, entry in linked.entries().items()}
    if not all(tag in entries for tag in (DT_STRTAB, DT_SYMTAB, DT_JMPREL, DT_PLTRELSZ)):
        return None
    types = SLOT_TYPES.get(machine(), ())
    for number in range(entries[DT_PLTRELSZ] // ctypes.sizeof(Relocation)):
        relocation = Relocation.from_address(entries[DT_JMPREL] + number * ctypes.sizeof(Relocation))
        if relocation.info & 0xFFFFFFFF not in types:
            continue
        symbol = entries[DT_SYMTAB] + (relocation.info >> 32) * SYMBOL_SIZE
        name = entries[DT_STRTAB] + ctypes.c_uint32.from_address(symbol).value
        if ctypes.string_at(name) == function:
            return linked.base + relocation.offset
    return None


def machine() -> str:
    import os  # noqa: PLC0415

    return os.uname().machine
