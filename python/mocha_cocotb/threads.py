"""Threads besides the one that forks: a fork lacks them, and whoever counts on one would wait for ever."""

from __future__ import annotations

import ctypes
import os


def end_model_threads(libc: ctypes.CDLL) -> str | None:
    """End the threads that Verilator starts for every model, or say why they are needed."""
    if hasattr(libc, "mocha_cocotb_end_threads"):
        count = libc.mocha_cocotb_model_threads()
        if count > 1:
            return f"the model is evaluated by {count} threads"
        libc.mocha_cocotb_end_threads()
    return None


def foreign_threads() -> str | None:
    """What to say if there are any."""
    count = len(os.listdir("/proc/self/task")) - 1
    return None if count == 0 else f"the simulator or a preloaded module runs {count} threads of its own"
