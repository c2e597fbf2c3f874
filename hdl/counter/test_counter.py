"""Tests of counter.sv."""

import random

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
    assert dut.count.value == 0


@cocotb.test()
async def holds_without_enable(dut):
    await start(dut)
    await ClockCycles(dut.clk, 5)
    assert dut.count.value == 0


@cocotb.test()
@cocotb.parametrize(cycles=[1, 3, 17])
async def counts(dut, cycles):
    await start(dut)
    dut.enable.value = 1
    for _ in range(cycles):
        await FallingEdge(dut.clk)
    assert dut.count.value == cycles % 2 ** len(dut.count)


@cocotb.test()
async def wraps(dut):
    await start(dut)
    dut.enable.value = 1
    for _ in range(2 ** len(dut.count)):
        await FallingEdge(dut.clk)
    assert dut.count.value == 0


@cocotb.test()
async def follows_a_random_enable(dut):
    await start(dut)
    expected = 0
    for _ in range(200):
        enable = random.randint(0, 1)
        dut.enable.value = enable
        await FallingEdge(dut.clk)
        expected = (expected + enable) % 2 ** len(dut.count)
        assert dut.count.value == expected
