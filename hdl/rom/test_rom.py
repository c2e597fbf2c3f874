"""Tests of rom.sv."""

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge


@cocotb.test()
async def holds_squares(dut):
    Clock(dut.clk, 10, unit="ns").start()
    for address in range(16):
        dut.address.value = address
        await FallingEdge(dut.clk)
        assert dut.data.value == address**2 % 256
