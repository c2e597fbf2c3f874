"""What to run: the designs and tests of project.json that the benchmark selected."""

import json
import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
_project = json.loads((FOLDER / "project.json").read_text())
_first = int(os.environ["BENCH_FIRST"])
TESTS = _project["tests"][_first : _first + int(os.environ["BENCH_COUNT"])]
_used = {test["design"] for test in TESTS}
DESIGNS = {design["name"]: design for design in _project["designs"] if design["name"] in _used}
# Designs that one test alone uses are best built by that test: so workers build different ones at a time.
IS_BUILT_BY_TESTS = len(DESIGNS) == len(TESTS) > 1


def build_folder(design):
    return FOLDER / "sim_build" / design["name"]


def sources(design):
    return [str(FOLDER / source) for source in design["sources"]]


def run_folder(test):
    folder = FOLDER / "runs" / f"{test['module']}.{test['test']}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def exact_filter(test):
    return rf"^{test['module']}\.{test['test']}$"
