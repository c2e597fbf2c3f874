"""Code of the user's modules, read or compiled once by the server for all its forks. What a module does when it is imported stays each fork's own.

Bytecode files give that only in part: older pytests have them name their source by size and time in seconds, so that an edit within the
second goes unnoticed, and PYTHONDONTWRITEBYTECODE or a folder that may not be written leaves none.
"""

from __future__ import annotations

import marshal
import os
import sys
import time
import warnings
from pathlib import Path
from types import CodeType

from _pytest.assertion import rewrite

from mocha_cocotb.modules import identity
from mocha_cocotb.throwaway import run_apart

SETTLED = 2_000_000_000  # ns
PAUSE = 0.1  # s
COMPILE_LIMIT = 30_000  # ms


class Bytecode:
    def __init__(self) -> None:
        self.wanted: list[str] = []
        """In a child: sources that the server had no code of."""
        self._codes: dict[str, tuple[tuple, CodeType]] = {}
        self._next_look = 0.0
        self._read = rewrite._read_pyc
        rewrite._read_pyc = self._find

    def _find(self, source: Path, bytecode: Path, *arguments) -> CodeType | None:
        """In place of pytest's reader of bytecode files, which its import hook asks before it compiles."""
        path = str(source)
        known = self._codes.get(path)
        if known is not None and known[0] == identity(path):
            return known[1]
        self.wanted.append(path)
        return self._read_settled(source, bytecode, *arguments)

    def _read_settled(self, source: Path, bytecode: Path, *arguments) -> CodeType | None:
        try:
            age = os.stat(bytecode).st_mtime_ns - os.stat(source).st_mtime_ns
        except OSError:
            return None
        return self._read(source, bytecode, *arguments) if age > SETTLED else None

    def load(self, paths: list[str]) -> None:
        """In the server: get the code that a child had to get for itself."""
        for path in paths:
            self._codes.pop(path, None)
            before = identity(path)
            code = self._read_settled(Path(path), bytecode_file(Path(path))) or compile_apart(path)
            if code is not None and identity(path) == before:
                self._codes[path] = (before, code)

    def refresh(self) -> None:
        """In the server: load anew what was edited. Children that come before the next look do so for themselves."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + PAUSE
        self.load([path for path, (before, _) in self._codes.items() if identity(path) != before])


def bytecode_file(source: Path) -> Path:
    """Where pytest's import hook keeps the code of a source."""
    return rewrite.get_cache_dir(source) / (source.name[: -len(".py")] + rewrite.PYC_TAIL)


def compile_apart(path: str) -> CodeType | None:
    # A compiler writes to a great part of Python's memory, which no fork could share any more.
    answer = run_apart(lambda: marshal.dumps(compile_quietly(path)), COMPILE_LIMIT)
    return marshal.loads(answer) if answer else None


def compile_quietly(path: str) -> CodeType | None:
    """The code with assertions rewritten, as pytest's import hook makes it; none if there is anything to say, which belongs into a simulation's log."""
    hook = next((finder for finder in sys.meta_path if isinstance(finder, rewrite.AssertionRewritingHook)), None)
    if hook is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return rewrite._rewrite_test(Path(path), hook.config)[1]
        except Exception:  # noqa: BLE001  # The child that imports it shows what is wrong with it.
            return None
