"""A module that can be imported in a simulation only: its tests depend on the design."""

import cocotb
from cocotb.triggers import Timer

WIDTH = len(cocotb.top.q)


@cocotb.test()
@cocotb.parametrize(bit=range(0, WIDTH, 4))
async def has_bit(dut, bit):
    await Timer(1, "ns")
    assert bit < len(dut.q)


@cocotb.test(skip=True)
async def is_skipped(dut):
    pass
