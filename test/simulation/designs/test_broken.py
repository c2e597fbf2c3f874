"""A test module whose import raises."""

import os

import cocotb

SETTING = os.environ["MISSING_SETTING"]


@cocotb.test()
async def never_runs(dut):
    pass
