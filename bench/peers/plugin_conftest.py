"""Driver: compiles what several tests share, once, before pytest-xdist starts its workers."""

import cocotb
import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    # Read by the pytest inside of each simulation, too.
    if hasattr(session.config, "workerinput") or getattr(cocotb, "is_simulation", False):
        return

    from cocotb_tools.runner import get_runner

    from selection import DESIGNS, IS_BUILT_BY_TESTS, build_folder, sources

    if IS_BUILT_BY_TESTS:
        return
    for design in DESIGNS.values():
        folder = build_folder(design)
        folder.mkdir(parents=True, exist_ok=True)
        get_runner("verilator").build(
            sources=sources(design),
            hdl_toplevel=design["toplevel"],
            parameters=design["parameters"],
            timescale=("1ns", "1ps"),
            build_dir=folder,
            log_file=folder / "build.log",
        )
