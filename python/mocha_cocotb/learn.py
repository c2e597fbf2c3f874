"""Learns which installed packages the simulations import, and loads them before the fork where that changes nothing."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import logging
import os
import random
import signal
import sys
import warnings
from os import getcwd

from mocha_cocotb import modules
from mocha_cocotb.initialize import SEED
from mocha_cocotb.recorded import recorded_variables
from mocha_cocotb.throwaway import run_apart

PROBE_LIMIT = 30_000  # ms
ROUNDS = 20
JOB_VARIABLES = frozenset(
    (
        SEED,
        "COCOTB_RESULTS_FILE",
        "COCOTB_RESULTS_ATTACHMENTS",
        "COCOTB_TEST_MODULES",
        "COCOTB_TEST_FILTER",
        "COCOTB_TESTCASE",
    )
)
"""Variables that each simulation has for itself: a server whose packages have read them would serve one."""
PROCESS_EVENTS = frozenset(("tempfile.mkdtemp", "tempfile.mkstemp", "subprocess.Popen"))
"""Audit events of what one process makes for itself."""


class Learner:
    def __init__(self, trusted: list[str]) -> None:
        self.trusted = trusted
        self.news: list[str] = []
        self.refused: dict[str, str] = {}
        self.begun: list[str] = []
        self._asked: set[str] = set()

    def wants(self, job: dict) -> bool:
        """Whether this job is the first of its test modules: it is to say what it imported."""
        if job["modules"] in self._asked:
            return False
        self._asked.add(job["modules"])
        return True

    def watch(self) -> None:
        """In a child: notice each module when its import begins."""
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path=None, target=None) -> None:
        if name not in self.begun:
            self.begun.append(name)

    def imported(self, test_modules: str) -> list[str]:
        """In a child: what it imported of installed packages, in the order in which the imports began."""
        tests = test_modules.split(",")
        return [
            name
            for name in self.begun
            if name in sys.modules
            and name not in tests
            and package(name) != modules.OWN
            and modules.is_trusted(sys.modules[name], self.trusted)
        ]

    def learn(self, names: list[str]) -> None:
        self.news += [name for name in names if name not in sys.modules and name not in self.news]

    def load(self) -> tuple[list[str], set[str]]:
        """Load what was learned; returns the modules loaded and the environment variables that they read."""
        names, self.news = self.news, []
        for _ in range(ROUNDS):
            names = [name for name in names if package(name) not in self.refused]
            if not names:
                return [], set()
            refusal = probe(names)
            if refusal is None:
                break
            culprit, reason = refusal
            self.refused[package(culprit)] = reason
        else:
            return [], set()
        with recorded_variables() as variables:
            for name in names:
                importlib.import_module(name)
        return names, variables


def package(name: str) -> str:
    return name.split(".")[0]


def probe(names: list[str]) -> tuple[str, str] | None:
    """Import modules in a throwaway process; returns the first that shows, and what it did."""
    data = run_apart(lambda: json.dumps(import_watched(names)).encode(), PROBE_LIMIT)
    # A probe that died or hung doesn't say in which module.
    answer = json.loads(data) if data else [names[0], "its import did not end"]
    return answer if answer is None else (answer[0], answer[1])


def import_watched(names: list[str]) -> list[str] | None:
    output = os.memfd_create("output")
    os.dup2(output, 1)
    os.dup2(output, 2)
    shown = []
    own = []
    watch_own(own)
    warnings.simplefilter("default")
    warnings.showwarning = lambda *warning, **_: shown.append(warning)
    before = visible_state()
    for name in names:
        try:
            with recorded_variables() as variables:
                importlib.import_module(name)
        except BaseException as error:
            return [name, f"its import raises {type(error).__name__} outside a simulation"]
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        if len(os.listdir("/proc/self/task")) > 1:
            return [name, "it starts threads"]
        if shown or os.fstat(output).st_size > 0:
            return [name, "its import warns or prints"]
        own += sorted(variables & JOB_VARIABLES)
        if own:
            return [name, f"its import asks for what each simulation has for itself: {own[0]}"]
        if visible_state() != before:
            return [name, "its import changes signals, logging, the working folder, the module path, the environment or random numbers"]
    return None


def watch_own(own: list[str]) -> None:
    """In a throwaway process: note what is asked for or made from now on that a process of its own would have for itself."""
    sys.addaudithook(lambda event, _: own.append(event) if event in PROCESS_EVENTS else None)
    for name in ("getpid", "getcwd", "getcwdb"):
        setattr(os, name, functools.partial(noted, own, getattr(os, name)))


def noted(own: list[str], function):
    own.append(function.__name__)
    return function()


def visible_state() -> tuple:
    return (
        [signal.getsignal(number) for number in signal.valid_signals()],
        list(logging.getLogger().handlers),
        getcwd(),
        list(sys.path),
        dict(os.environ),
        random.getstate(),
    )


def reseed() -> None:
    """Give this child numpy's random numbers of its own, as a process of its own would have; Python's get cocotb's seed."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
