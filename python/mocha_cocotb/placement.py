"""Has Python's objects that simulations write to next to each other (placement.c), and finds out which they are."""

from __future__ import annotations

import contextlib
import ctypes
import time
from collections.abc import Iterator

FIRST = 8
"""The first simulation that is asked: what the first ones import is loaded by then."""
HOLD = 0.2
"""How long it stays, s: what the server writes to meanwhile, which is copied as well, counts too."""


class Placement:
    def __init__(self, settings: dict | None) -> None:
        """:param settings: None where Python has its usual allocator"""
        self.is_usual = settings is None
        self.is_known = settings is None or settings["stage"] == "pack"
        """Whether this server has found out what it is to, or can't."""
        self._library = None if settings is None else ctypes.CDLL(settings["library"])
        if self._library is not None:
            self._library.mocha_cocotb_report_written.restype = ctypes.c_bool
        self._asked: int | None = None

    def wants(self, id: int, number: int) -> bool:
        """Whether this simulation is the one to find it out; another is asked when it ends without an answer."""
        if self.is_known or self._asked is not None or number < FIRST:
            return False
        self._asked = id
        return True

    def has_ended(self, id: int) -> None:
        if self._asked == id:
            self._asked = None

    @contextlib.contextmanager
    def loading(self) -> Iterator[None]:
        """Around what all simulations will have."""
        if self._library is not None:
            self._library.mocha_cocotb_load(True)
        try:
            yield
        finally:
            if self._library is not None:
                self._library.mocha_cocotb_load(False)

    def fill_holes(self) -> None:
        if self._library is not None:
            self._library.mocha_cocotb_fill_holes()

    def begin_fork(self) -> None:
        if self._library is not None:
            self._library.mocha_cocotb_begin_fork()

    def report(self) -> bool:
        """In a child, when all is done: write down what it has written to."""
        time.sleep(HOLD)
        return self._library.mocha_cocotb_report_written()
