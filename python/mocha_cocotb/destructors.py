"""Takes the compiler's own destructors out of Python's extension modules, for the end of each child.

Every library has two, and each writes to a page of the library or runs from one: with 30 of them that is a tenth of the pages that a
short simulation copies. What there is to do at the end `exit` has done by then, the destruction of C++ objects, too. Not so for a
library that is unloaded before, as Python never does, or that the program began with, whose objects `exit` comes to last. A module with
a destructor of its own keeps all.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import sys
from importlib.machinery import ExtensionFileLoader

from mocha_cocotb.elf import DT_FINI, DT_FINI_ARRAY, DT_FINI_ARRAYSZ, Dynamic, loaded

ENDBR64 = rb"(\xf3\x0f\x1e\xfa)?"
FLAGGED = re.compile(ENDBR64 + rb"\x80\x3d.{4}\0\x75", re.DOTALL)
"""How __do_global_dtors_aux begins (crtstuff.c of GCC), x86-64: unless a flag is set."""
EMPTY = re.compile(ENDBR64 + rb"\x48\x83\xec\x08\x48\x83\xc4\x08\xc3")
"""_fini where nobody added to it (crti.S and crtn.S of glibc), x86-64."""
LENGTH = 16  # bytes, of the longer one
POINTER = ctypes.sizeof(ctypes.c_void_p)


def leave_out() -> None:
    """In the server, of all modules loaded by now. Nothing changes where the machine is another one or the kernel forbids it."""
    if os.uname().machine != "x86_64" or POINTER != 8:
        return
    empty = None
    with contextlib.suppress(OSError), open("/proc/self/mem", "r+b", buffering=0) as memory:
        for path in extension_modules():
            module = loaded(path)
            entries = {} if module is None else module.entries()
            if not {DT_FINI, DT_FINI_ARRAY, DT_FINI_ARRAYSZ} <= entries.keys() or entries[DT_FINI_ARRAYSZ].value != POINTER:
                continue
            last = module.base + entries[DT_FINI].value
            only = ctypes.c_void_p.from_address(module.base + entries[DT_FINI_ARRAY].value).value
            if not (EMPTY.match(ctypes.string_at(last, LENGTH)) and FLAGGED.match(ctypes.string_at(only, LENGTH))):
                continue
            # One that does nothing is as good as another.
            empty = empty or last
            set_value(memory, entries[DT_FINI], (empty - module.base) % (1 << 64))
            set_value(memory, entries[DT_FINI_ARRAYSZ], 0)


def extension_modules() -> list[str]:
    loaders = [getattr(module, "__loader__", None) for module in list(sys.modules.values())]
    return [loader.path for loader in loaders if isinstance(loader, ExtensionFileLoader)]


def set_value(memory, entry: Dynamic, value: int) -> None:
    # It is read-only for anybody else. Where its protection was changed for that, forks would copy a mapping more.
    memory.seek(ctypes.addressof(entry) + Dynamic.value.offset)
    memory.write(value.to_bytes(8, sys.byteorder))
