"""Driver: a runner of cocotb's pytest plugin for each test."""

import pytest

from selection import DESIGNS, IS_BUILT_BY_TESTS, TESTS, build_folder, run_folder, sources


def case(test):
    return pytest.param(
        test, id=f"{test['module']}-{test['test']}", marks=pytest.mark.cocotb_runner(test["module"])
    )


@pytest.mark.cocotb_runner
@pytest.mark.parametrize("test", [case(test) for test in TESTS])
def test_bench(hdl, test):
    design = DESIGNS[test["design"]]
    hdl.toplevel = design["toplevel"]
    hdl.build_dir = build_folder(design)
    hdl.test_dir = run_folder(test)
    if IS_BUILT_BY_TESTS:
        hdl.build(
            sources=sources(design),
            parameters=design["parameters"],
            timescale=("1ns", "1ps"),
        )
    hdl.test()
