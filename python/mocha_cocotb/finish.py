"""Ends a child's Python without tearing down what was loaded before the fork.

Python's finalization destroys every object there is, which in a fork means copying every page there is: most of the time that a
short simulation takes. What the child itself made and loaded is finalized as ever: threads joined, exit functions run, the user's
modules cleared, files flushed, destructors called. What the server had loaded is put out of finalization's sight.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import sys


class _State:
    loaded: frozenset[str] = frozenset()
    namespaces: dict[str, dict] = {}
    is_child = False
    report: int | None = None
    learner = None


def remember_loaded() -> None:
    _State.loaded = frozenset(sys.modules)
    _State.namespaces = {
        name: dict(vars(module))
        for name, module in sys.modules.items()
        if name.split(".")[0] in ("cocotb", "cocotb_tools", "pygpi")
    }


def begin_child(report: int | None, learner) -> None:
    _State.is_child = True
    _State.report = report
    _State.learner = learner


def finish() -> None:
    """The last of Python's exit functions, since it was the first to be registered."""
    if not _State.is_child:
        return
    if _State.learner is not None:
        names = _State.learner.imported(_State.loaded, os.environ.get("COCOTB_TEST_MODULES", ""))
        os.write(_State.report, json.dumps({"modules": names}).encode() + b"\n")
    flush_files()
    forget_simulation()
    kept = {name: sys.modules.pop(name) for name in _State.loaded if name in sys.modules}
    # For ever: whoever holds a module's last reference would destroy it.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))


def forget_simulation() -> None:
    """Drop what the simulation left in cocotb's modules, so that it is destroyed like all else that this child made."""
    for name, namespace in _State.namespaces.items():
        module = sys.modules.get(name)
        if module is None:
            continue
        current = vars(module)
        for key in [key for key in current if key not in namespace]:
            del current[key]
        current.update(namespace)


def flush_files() -> None:
    """Write out files that are still open, even those that only what is kept refers to."""
    for item in gc.get_objects():
        if isinstance(item, (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)) and not item.closed:
            try:
                item.flush()
            except (OSError, ValueError):
                pass
