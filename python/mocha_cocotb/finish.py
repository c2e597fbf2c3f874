"""Ends a child's Python without tearing down what was loaded before the fork.

Python's finalization destroys every object there is, which in a fork means copying every page there is: half of the time that a
short simulation takes. What the child itself made is finalized as ever, at the same moment and in the same order: threads joined, exit
functions run, files flushed, the user's modules cleared, destructors called. What the server had loaded stays until the process
is gone.
"""

from __future__ import annotations

import atexit
import builtins
import ctypes
import gc
import importlib.util
import io
import json
import os
import sys
import weakref
from collections.abc import Callable
from types import AsyncGeneratorType, CoroutineType, GeneratorType, ModuleType

from mocha_cocotb.interpose import interpose


OPENSSL_INIT_NO_ATEXIT = 0x00080000  # openssl/crypto.h


class _State:
    loaded: frozenset[str] = frozenset()
    last_loaded = ""
    namespaces: dict[str, dict] = {}
    report: int | None = None
    server = None
    placement = None
    is_finished = False


def install() -> None:
    """In the server: have cocotb's C library call `finish` where it would call Py_Finalize, if this system lets us."""
    library = sys.modules["cocotb.simulator"].__file__
    _State.finish = ctypes.PYFUNCTYPE(None)(finish)
    interpose(library, "Py_Finalize", _State.finish)


def leave_openssl_alone() -> None:
    """In the server, before anybody loads hashlib: keep OpenSSL from freeing all that it has when a child exits."""
    spec = importlib.util.find_spec("_hashlib")
    if spec is None or not spec.has_location or "_hashlib" in sys.modules:
        return
    library = ctypes.CDLL(spec.origin)
    if hasattr(library, "OPENSSL_init_crypto"):
        library.OPENSSL_init_crypto(ctypes.c_uint64(OPENSSL_INIT_NO_ATEXIT), None)


def remember_loaded() -> None:
    """In the server: whatever is loaded now is the server's."""
    _State.loaded = frozenset(sys.modules)
    _State.last_loaded = next(reversed(sys.modules))
    _State.namespaces = {
        name: dict(vars(module))
        for name, module in sys.modules.items()
        if name.split(".")[0] in ("cocotb", "cocotb_tools", "pygpi")
    }


def begin_child(report: int | None, server, placement) -> None:
    _State.report = report
    _State.server = server
    _State.placement = placement
    if server is not None:
        server.learner.watch()
        atexit.register(report_imports)


def report_imports() -> None:
    server = _State.server
    names = server.learner.imported(os.environ.get("COCOTB_TEST_MODULES", ""))
    sources = [] if server.bytecode is None else server.bytecode.wanted
    os.write(_State.report, json.dumps({"modules": names, "sources": sources}).encode() + b"\n")


def finish() -> None:
    """What Py_Finalize does, in its order, for what this child has made."""
    # cocotb's library calls it once more while it is unloaded.
    if _State.is_finished:
        return
    _State.is_finished = True
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()
    flush_streams()
    flush_files()
    destroy_modules()
    # No built-in name may be left.
    if _State.placement is not None:
        os.write(_State.report, b'{"held": true}\n')
        os.write(_State.report, b'{"placement": true}\n' if _State.placement.report() else b'{"placement": false}\n')


def flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass


def destroy_modules() -> None:
    """Destroy the modules that the child imported, and what hangs on them, in the steps of CPython's finalize_modules.

    First whatever only sys.modules held; then the variables of modules that others hold; last, when Python's built-in names are gone
    and destructors can do little, what the simulation held.
    """
    # What is garbage already may still warn as the tests would.
    gc.collect()
    # From here on the interpreter shows warnings by itself, as it does when it is being finalized.
    sys.modules["warnings"] = None
    forget_last_error()
    own = [sys.modules.pop(name) for name in names_of_own_modules()]
    own = [weakref.ref(module) for module in reversed(own) if isinstance(module, ModuleType)]
    gc.collect()
    for reference in reversed(own):
        module = reference()
        if module is not None:
            empty(vars(module))
            del module
    flush_streams()
    # Costs more than all before; most simulations hold nothing that would notice.
    if any(map(notices_its_end, objects_of(has_end_to_notice))):
        destroy_simulation()


def forget_last_error() -> None:
    """A module that could not be imported lives on in the traceback that was shown; Python lets go of that before any module."""
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            setattr(sys, name, None)
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, name, getattr(sys, f"__{name}__", None))


def objects_of(is_wanted: Callable[[type], bool]) -> list[object]:
    """What the child made of the types that are wanted: they are few, and asked once instead of for each object."""
    objects = gc.get_objects()
    kinds = list(map(type, objects))
    # By id, for a metaclass of the user's may forbid to hash or compare its classes.
    wanted = {key for key, kind in dict(zip(map(id, kinds), kinds)).items() if is_wanted(kind)}
    return [item for item in objects if id(type(item)) in wanted] if wanted else []


def has_end_to_notice(kind: type) -> bool:
    return issubclass(kind, (CoroutineType, GeneratorType, AsyncGeneratorType)) or hasattr(kind, "__del__")


def notices_its_end(item: object) -> bool:
    """Whether Python code, or C code with something to write, runs when an object is destroyed."""
    if isinstance(item, CoroutineType):
        return item.cr_frame is not None
    if isinstance(item, GeneratorType):
        return item.gi_frame is not None
    if isinstance(item, AsyncGeneratorType):
        return item.ag_frame is not None
    # A task complains if it never ran; then its coroutine has not ended, either.
    return not isinstance(item, sys.modules["cocotb.task"].Task)


def destroy_simulation() -> None:
    simulation = [(vars(sys.modules[name]), before) for name, before in _State.namespaces.items() if name in sys.modules]
    collect = gc.collect
    for namespace in (vars(sys), vars(builtins)):
        namespace.clear()
    # No built-in name may be used any more.
    for now, before in simulation:
        now.clear()
        now.update(before)
    collect()


def names_of_own_modules() -> list[str]:
    """What this child has imported, latest first: whatever was loaded before it comes first in sys.modules, and stays untouched."""
    names = []
    for name in reversed(sys.modules):
        if name == _State.last_loaded:
            break
        if name not in _State.loaded:
            names.append(name)
    return names


def empty(namespace: dict) -> None:
    """Set a module's variables to None, those with a leading underscore first (CPython's _PyModule_Clear)."""
    for is_private in (True, False):
        for name in list(namespace):
            if name.startswith("_") == is_private and name != "__builtins__":
                namespace[name] = None


def flush_files() -> None:
    """Write out files that are still open, even those that only what stays refers to."""
    for item in objects_of(is_file):
        if not item.closed:
            try:
                item.flush()
            except (OSError, ValueError):
                pass


def is_file(kind: type) -> bool:
    return issubclass(kind, (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom))
