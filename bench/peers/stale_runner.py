"""Driver: builds a design with cocotb_tools.runner and nothing else. Argument: the design as JSON."""

import json
import sys

from cocotb_tools.runner import get_runner


def main():
    design = json.loads(sys.argv[1])
    simulator = design.pop("simulator")
    get_runner(simulator).build(**design, build_dir="build", log_file="build.log")


main()
