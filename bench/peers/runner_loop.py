"""Driver: cocotb_tools.runner, a simulation for each test. Argument: how many at a time."""

import logging
import sys
from concurrent.futures import ThreadPoolExecutor

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

from selection import DESIGNS, TESTS, build_folder, exact_filter, run_folder, sources

logging.disable(logging.INFO)


def build(design):
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


def run(test):
    design = DESIGNS[test["design"]]
    folder = run_folder(test)
    results = get_runner("verilator").test(
        test_module=test["module"],
        test_filter=exact_filter(test),
        hdl_toplevel=design["toplevel"],
        hdl_toplevel_lang="verilog",
        build_dir=build_folder(design),
        test_dir=folder,
        results_xml=str(folder / "results.xml"),
        log_file=folder / "sim.log",
    )
    return get_results(results) == (1, 0)


with ThreadPoolExecutor(int(sys.argv[1])) as pool:
    list(pool.map(build, DESIGNS.values()))
    passed = list(pool.map(run, TESTS))
print(f"passed: {sum(passed)}")
sys.exit(0 if all(passed) else 1)
