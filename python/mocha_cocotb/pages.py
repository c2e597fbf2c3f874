"""Keeps what the server and all its forks share in large pages: a fork and its end handle each of them at once, not each of its 512 parts.

Linux makes a large page only of what is aligned and contiguous. Python's arenas are neither, since libraries are loaded between
them; until everything is loaded they are therefore taken from C's heap, which grows in one piece.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator

LARGE = 2 << 20  # bytes
ARENA = 1 << 20  # bytes, Python 3.10 and newer
MADV_COLLAPSE = 25  # linux/mman.h

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]


class ArenaAllocator(ctypes.Structure):
    """PyObjectArenaAllocator: alloc(context, size) and free(context, address, size)."""

    _fields_ = [("context", ctypes.c_void_p), ("alloc", ctypes.c_void_p), ("free", ctypes.c_void_p)]


@contextlib.contextmanager
def contiguous_arenas() -> Iterator[None]:
    """Take new arenas from the heap meanwhile; none of them is given back."""
    usual = ArenaAllocator()
    ctypes.pythonapi.PyObject_GetArenaAllocator(ctypes.byref(usual))
    # Without a context, realloc allocates and free does nothing.
    ours = ArenaAllocator(None, *(ctypes.cast(function, ctypes.c_void_p) for function in (libc.realloc, libc.free)))
    # mallopt(3): pieces no larger than one that was given back come from the heap from then on.
    libc.free(libc.malloc(2 * ARENA))
    ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(ours))
    try:
        yield
    finally:
        ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(usual))


def enlarge() -> None:
    """Put memory into large pages. A kernel that can't (before Linux 6.1) or may not says so, and nothing changes."""
    for start, end in private_memory():
        for address in range(-(-start // LARGE) * LARGE, end - LARGE + 1, LARGE):
            libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(LARGE), MADV_COLLAPSE)


def private_memory() -> list[tuple[int, int]]:
    """Start and end of what has no file behind it."""
    found = []
    with open("/proc/self/maps") as maps:
        for line in maps:
            bounds, access, _, _, inode, *name = line.split()
            if access == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
                start, end = (int(bound, 16) for bound in bounds.split("-"))
                found.append((start, end))
    return found
