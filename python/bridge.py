"""Builds and runs through cocotb's own runner, for simulators that mocha-cocotb doesn't drive itself.

Usage: bridge.py build BUILD.json
       bridge.py test BUILD.json TEST

BUILD.json names the simulator and its build folder, and holds the arguments of one call of the runner's build() for each
library. TEST is JSON: where that folder is now, and the arguments of the runner's test().
Sources and arguments that have a language are {"verilog": ...}, {"vhdl": ...} or {"vlt": ...}.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

# This script's folder is no place that a user's modules come from, and the runner hands sys.path on.
sys.path.pop(0)

from cocotb_tools import runner as cocotb_runner  # noqa: E402

TAGS = {
    "verilog": cocotb_runner.Verilog,
    "vhdl": cocotb_runner.VHDL,
    "vlt": cocotb_runner.VerilatorControlFile,
}


def main() -> None:
    phase, build_file, *rest = sys.argv[1:]
    build = json.loads(Path(build_file).read_text())
    settle_environment()
    # For some simulators the runner writes scripts that it never removes.
    tempfile.tempdir = os.getcwd()
    runner = cocotb_runner.get_runner(build["simulator"])
    try:
        if phase == "build":
            for arguments in build["builds"]:
                runner.build(**tagged(arguments), build_dir=build["folder"])
        else:
            test = json.loads(rest[0])
            run_test(runner, build["builds"], test.pop("build"), test)
    except RuntimeError as error:
        end_like_the_simulator(error)


def settle_environment() -> None:
    """Keeps from the runner what has been decided already and what it would do a second time."""
    for name in ("WAVES", "GUI", "SIM_CMD_PREFIX", "SIM_CMD_SUFFIX", "PYTEST_CURRENT_TEST"):
        os.environ.pop(name, None)


def run_test(
    runner: cocotb_runner.Runner,
    builds: list[dict[str, Any]],
    published: str,
    arguments: dict[str, Any],
) -> None:
    build_dir = arguments["build_dir"]
    # The working folder may be the user's own.
    tempfile.tempdir = build_dir
    # Simulators write into their libraries while they run, and a published build doesn't change.
    shutil.copytree(published, build_dir, dirs_exist_ok=True)
    # test() wants to know all that build() was told, so build() is called without the commands that it would run.
    runner._execute = lambda cmds, cwd: None
    for build in builds:
        runner.build(**tagged(build), build_dir=build_dir)
    del runner._execute
    runner.test(**arguments)


def tagged(arguments: dict[str, Any]) -> dict[str, Any]:
    result = dict(arguments)
    for name in ("sources", "build_args"):
        result[name] = [as_tag(item) for item in arguments[name]]
    return result


def as_tag(item: str | dict[str, str]) -> Any:
    if isinstance(item, str):
        return item
    ((language, value),) = item.items()
    return TAGS[language](value)


def end_like_the_simulator(error: RuntimeError) -> None:
    """Ends with the exit code or by the signal of the command that failed, which the runner only tells in its message."""
    code = re.search(r"return code: (-?\d+)", str(error))
    if code is None:
        raise error
    number = int(code.group(1))
    sys.stdout.flush()
    if number < 0:
        # These two can't be handled, and setting their handler is an error.
        if -number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-number, signal.SIG_DFL)
        os.kill(os.getpid(), -number)
    sys.exit(number)


if __name__ == "__main__":
    main()
