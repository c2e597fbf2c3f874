"""Runs a function in a fork that is thrown away, so that the server stays as it is."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
prctl = ctypes.CDLL(None).prctl
LENGTH = 8  # bytes


def die_with_parent() -> None:
    """Have the kernel kill this process when the server is gone, however it went."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run_apart(function: Callable[[], bytes], limit: int) -> bytes:
    """What the function returns; nothing if its process dies, or has not said it within the limit.

    :param limit: for each piece of the answer, ms
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            die_with_parent()
            os.close(reading)
            with open(writing, "wb") as answer:
                said = function()
                answer.write(len(said).to_bytes(LENGTH, "little") + said)
        finally:
            os._exit(0)
    os.close(writing)
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    data = b""
    while poll.poll(limit):
        piece = os.read(reading, 1 << 16)
        if not piece:
            break
        data += piece
    os.close(reading)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    # It may have died in the middle of it.
    length, said = data[:LENGTH], data[LENGTH:]
    return said if length == len(said).to_bytes(LENGTH, "little") else b""
