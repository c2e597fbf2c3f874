"""A test module whose import raises."""

import os

import cocotb
import probe_helper

farewell = probe_helper.Farewell("module whose import raises")
SETTING = os.environ["MISSING_SETTING"]


@cocotb.test()
async def never_runs(dut):
    pass
