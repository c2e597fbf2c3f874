"""Tests of gray_counter.vhdl."""

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge


async def start(dut):
    """Starts the clock and takes the counter through reset."""
    dut.rst.value = 1
    dut.enable.value = 0
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 2)
    await FallingEdge(dut.clk)
    dut.rst.value = 0


@cocotb.test()
async def resets_to_zero(dut):
    await start(dut)
    assert dut.gray.value == 0


@cocotb.test()
async def holds_without_enable(dut):
    await start(dut)
    await ClockCycles(dut.clk, 5)
    assert dut.gray.value == 0


@cocotb.test()
async def changes_one_bit_a_cycle(dut):
    await start(dut)
    dut.enable.value = 1
    states = 2 ** len(dut.gray)
    seen = []
    for _ in range(states):
        before = int(dut.gray.value)
        seen.append(before)
        await FallingEdge(dut.clk)
        assert (before ^ int(dut.gray.value)).bit_count() == 1
    assert len(set(seen)) == states
