"""Keeps what the server and all its forks share in large pages: a fork and its end handle each of them at once, not each of its 512 parts.

Linux makes a large page only of what is aligned and contiguous. Python's arenas are neither, since libraries are loaded between
them, unless they come from C's heap (placement.c).
"""

from __future__ import annotations

import ctypes

LARGE = 2 << 20  # bytes
MADV_COLLAPSE = 25  # linux/mman.h

libc = ctypes.CDLL(None)


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
