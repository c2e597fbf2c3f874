"""Reports each test of a simulation as soon as it starts and ends."""

from __future__ import annotations

import json
import os
from xml.etree.ElementTree import tostring

from mocha_cocotb import users


def install(report: int) -> None:
    """Have cocotb write lines of JSON to a file descriptor: {"started": name} and {"result": testcase element}."""
    from cocotb._xunit_reporter import XUnitReporter  # noqa: PLC0415
    from cocotb.regression import RegressionManager  # noqa: PLC0415

    def tell(message: dict) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(report, data) :]

    add_testcase = XUnitReporter.add_testcase

    def add_and_tell(self, *args, **kwargs) -> None:
        add_testcase(self, *args, **kwargs)
        tell({"result": tostring(self._testsuite.element[-1], encoding="unicode")})

    init_test = RegressionManager._init_test

    def tell_and_init(self):
        tell({"started": self._test.fullname})
        return init_test(self)

    XUnitReporter.add_testcase = add_and_tell
    RegressionManager._init_test = tell_and_init


def start() -> None:
    """As a Python user of cocotb, in a simulation that starts cold: report into a file."""
    path = users.take_settings()["events"]
    install(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o666))
    users.run_remaining()
