"""Driver: compiles what several tests share, once, before pytest-xdist starts its workers."""

import pytest
from cocotb_test.simulator import Verilator

from selection import DESIGNS, IS_BUILT_BY_TESTS, build_folder, sources


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    if IS_BUILT_BY_TESTS or hasattr(session.config, "workerinput"):
        return
    for design in DESIGNS.values():
        Verilator(
            toplevel=design["toplevel"],
            module="",
            verilog_sources=sources(design),
            parameters=design["parameters"],
            timescale="1ns/1ps",
            sim_build=str(build_folder(design)),
            make_args=["-j2"],
            compile_only=True,
        ).run()
