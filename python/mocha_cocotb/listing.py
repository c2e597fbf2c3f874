"""Lists the cocotb tests of a simulation instead of running them, for modules that can be imported in a simulation only."""

from __future__ import annotations

import json
import os
import sys

from mocha_cocotb import users


def start() -> None:
    """As a Python user of cocotb: have the tests written to a file as JSON, and the simulation ended."""
    import discover  # noqa: PLC0415 - the script that lists them without a simulation

    del sys.modules["discover"]

    path = users.take_settings()["listing"]

    def list_tests(manager) -> None:
        import cocotb.simulator  # noqa: PLC0415

        filters = manager._filters
        tests = [test for test in manager._test_queue if not filters or any(f.search(test.fullname) for f in filters)]
        tests.sort(key=lambda test: test.stage)
        with open(f"{path}.part", "w") as file:
            json.dump([discover.describe(test) for test in tests], file)
        os.rename(f"{path}.part", path)
        cocotb.simulator.stop_simulator()

    import cocotb.regression  # noqa: PLC0415

    cocotb.regression.RegressionManager.start_regression = list_tests
    users.run_remaining()
