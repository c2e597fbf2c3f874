"""Takes the compiler's own destructors out of libraries, for the end of each child.

Every library has two, and each writes to a page of the library or runs from one: with 50 of them that is a tenth of the pages that a
short simulation copies. What there is to do at the end `exit` has done by then, the destruction of C++ objects, too. A library with
a destructor of its own keeps all, and so do those that might be unloaded before `exit`, which needs them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import sys
from collections.abc import Iterator
from importlib.machinery import ExtensionFileLoader

from mocha_cocotb.elf import DT_FINI, DT_FINI_ARRAY, DT_FINI_ARRAYSZ, Dynamic, LinkMap, loaded

ENDBR64 = rb"(\xf3\x0f\x1e\xfa)?"
FLAGGED = re.compile(ENDBR64 + rb"\x80\x3d.{4}\0\x75", re.DOTALL)
"""How __do_global_dtors_aux begins (crtstuff.c of GCC), x86-64: unless a flag is set."""
EMPTY = re.compile(ENDBR64 + rb"\x48\x83\xec\x08\x48\x83\xc4\x08\xc3")
"""_fini where nobody added to it (crti.S and crtn.S of glibc), x86-64."""
LENGTH = 16  # bytes, of the longer one
POINTER = ctypes.sizeof(ctypes.c_void_p)


def leave_out() -> int:
    """In the server; says of how many libraries. Where the machine is another or the kernel forbids it, of none."""
    if os.uname().machine != "x86_64":
        return 0
    count = 0
    empty = None
    with contextlib.suppress(OSError), open("/proc/self/mem", "r+b", buffering=0) as memory:
        for library in permanent_libraries():
            entries = library.entries()
            if not {DT_FINI, DT_FINI_ARRAY, DT_FINI_ARRAYSZ} <= entries.keys() or entries[DT_FINI_ARRAYSZ].value != POINTER:
                continue
            last = library.base + entries[DT_FINI].value
            only = ctypes.c_void_p.from_address(library.base + entries[DT_FINI_ARRAY].value).value
            if not (EMPTY.match(ctypes.string_at(last, LENGTH)) and FLAGGED.match(ctypes.string_at(only, LENGTH))):
                continue
            # One that does nothing is as good as another.
            empty = empty or last
            set_value(memory, entries[DT_FINI], (empty - library.base) % (1 << 64))
            set_value(memory, entries[DT_FINI_ARRAYSZ], 0)
            count += 1
    return count


def permanent_libraries() -> Iterator[LinkMap]:
    """Python's extension modules, which it never unloads, and the libraries that they need."""
    names = [
        module.__file__
        for module in list(sys.modules.values())
        if isinstance(getattr(module, "__loader__", None), ExtensionFileLoader)
    ]
    seen = set()
    while names:
        library = loaded(names.pop(0))
        if library is not None and library.base not in seen:
            seen.add(library.base)
            yield library
            names += library.needed()


def set_value(memory, entry: Dynamic, value: int) -> None:
    # It is read-only for anybody else. Where its protection was changed for that, forks would copy a mapping more.
    memory.seek(ctypes.addressof(entry) + Dynamic.value.offset)
    memory.write(value.to_bytes(8, sys.byteorder))
