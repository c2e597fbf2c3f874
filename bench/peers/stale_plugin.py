"""Driver: builds a design in a test of cocotb's pytest plugin. The design is JSON in the variable STALE_DESIGN."""

import json
import os

import pytest


@pytest.mark.cocotb_runner
def test_build(hdl):
    design = json.loads(os.environ["STALE_DESIGN"])
    del design["simulator"]  # The command line says it here.
    hdl.toplevel = design.pop("hdl_toplevel")
    hdl.build(**design, build_dir="build")
