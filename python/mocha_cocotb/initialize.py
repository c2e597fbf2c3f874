"""Does once, in the server, what cocotb does in each simulation before it looks at the tests; a child sets only what its job decides.

What is read of the environment meanwhile is recorded by the server: a simulation in which it differs needs another server.
"""

from __future__ import annotations

import importlib
import operator
import os
import random
import sys
import warnings

from mocha_cocotb import users

SEED = "COCOTB_RANDOM_SEED"
ANY_SEED = 9_118_274_635_918_273
"""In the server stands for the seed, in what cocotb logs, too."""

STEPS = (
    "cocotb_tools._coverage:start_cocotb_library_coverage",
    "cocotb.logging:_configure",
    "cocotb._init:init_package_from_simulation",
)
"""cocotb's own Python users that do the same for every job."""

OF_JOB = ("RANDOM_SEED", "argv", "plusargs")
"""What cocotb's initialization sets that differs from job to job."""


def load() -> None:
    """Load what every simulation loads, and set up assertion rewriting as cocotb does just before it imports the tests."""
    for name in ("cocotb_tools._coverage", "cocotb.logging", "cocotb._init", "cocotb.regression"):
        importlib.import_module(name)
    manager = sys.modules["cocotb.regression"].RegressionManager
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        manager.setup_pytest_assertion_rewriting()

    def setup_pytest_assertion_rewriting(cls) -> None:
        for warning in shown:
            warnings.showwarning(warning.message, warning.category, warning.filename, warning.lineno)

    manager.setup_pytest_assertion_rewriting = classmethod(setup_pytest_assertion_rewriting)


class Initialization:
    def __init__(self) -> None:
        self.remaining = users.remaining()
        """cocotb's users that each child runs itself."""
        self.is_done = False

    def run(self) -> None:
        """In the server; does nothing where it isn't known what cocotb's users do."""
        is_measured = any(os.environ.get(name) for name in ("COCOTB_USER_COVERAGE", "COVERAGE"))
        if self.remaining[: len(STEPS)] != STEPS or is_measured:
            return
        cocotb = sys.modules["cocotb"]
        given = os.environ[SEED]
        os.environ[SEED] = str(ANY_SEED)
        for step in STEPS:
            module, function = step.split(":")
            operator.attrgetter(function)(importlib.import_module(module))()
        os.environ[SEED] = given
        sys.stdout.flush()
        # A package that reads them at import is not one to load before the fork.
        for name in OF_JOB:
            delattr(cocotb, name)
        self.remaining = self.remaining[len(STEPS) :]
        self.is_done = True

    def adapt(self, arguments: list[str] | None) -> None:
        """In a child, in its own environment: what depends on the job.

        :param arguments: its command line, if that is not the server's
        """
        if not self.is_done:
            # Whoever runs before cocotb seeds them draws what a process of its own would.
            random.seed()
            return
        cocotb = sys.modules["cocotb"]
        cocotb.RANDOM_SEED = int(os.environ[SEED])
        random.seed(cocotb.RANDOM_SEED)
        if arguments is not None:
            # cocotb's library keeps what the simulator told it when it was initialized.
            cocotb.simulator.get_simulator_args = lambda: list(arguments)
        cocotb.argv = cocotb.simulator.get_simulator_args()
        sys.modules["cocotb._init"]._process_plusargs()


def log_of_child(text: bytes) -> bytes:
    """What cocotb logged in the server, as it would have logged it in this child."""
    return text.replace(str(ANY_SEED).encode(), os.environ[SEED].encode())
