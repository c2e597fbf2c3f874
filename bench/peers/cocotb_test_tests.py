"""Driver: a simulation by cocotb-test for each test."""

import pytest
from cocotb_test.simulator import Verilator

from selection import DESIGNS, IS_BUILT_BY_TESTS, TESTS, build_folder, exact_filter, run_folder, sources


class BuiltVerilator(Verilator):
    """cocotb-test runs Verilator and make before each simulation; with one folder for all, workers would disturb each other."""

    def build_command(self):
        return super().build_command()[-1:]


@pytest.mark.parametrize("test", TESTS, ids=lambda test: f"{test['module']}-{test['test']}")
def test_bench(test):
    design = DESIGNS[test["design"]]
    simulator = Verilator if IS_BUILT_BY_TESTS else BuiltVerilator
    simulator(
        toplevel=design["toplevel"],
        module=test["module"],
        testcase=exact_filter(test),
        verilog_sources=sources(design),
        parameters=design["parameters"],
        timescale="1ns/1ps",
        sim_build=str(build_folder(design)),
        work_dir=str(run_folder(test)),
        make_args=["-j2"],
    ).run()
