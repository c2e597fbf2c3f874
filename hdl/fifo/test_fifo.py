"""Tests of fifo.sv. The depth that the design was built with is told by the variable FIFO_DEPTH."""

import os
import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge

DEPTH = int(os.environ.get("FIFO_DEPTH", "8"))


async def start(dut):
    dut.rst.value = 1
    dut.push.value = 0
    dut.pop.value = 0
    dut.wdata.value = 0
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 2)
    await FallingEdge(dut.clk)
    dut.rst.value = 0


async def push(dut, value):
    dut.push.value = 1
    dut.wdata.value = value
    await FallingEdge(dut.clk)
    dut.push.value = 0


@cocotb.test()
async def is_empty_after_reset(dut):
    await start(dut)
    assert dut.empty.value == 1
    assert dut.full.value == 0


@cocotb.test()
async def is_full_after_depth_pushes(dut):
    await start(dut)
    for n in range(DEPTH):
        assert dut.full.value == 0
        await push(dut, n)
    assert dut.full.value == 1


@cocotb.test()
async def keeps_the_order(dut):
    await start(dut)
    width = len(dut.wdata)
    model = deque()
    for _ in range(500):
        may_push = dut.full.value == 0 and random.random() < 0.6
        may_pop = dut.empty.value == 0 and random.random() < 0.5
        value = random.getrandbits(width)
        dut.push.value = int(may_push)
        dut.wdata.value = value
        dut.pop.value = int(may_pop)
        if may_pop:
            assert dut.rdata.value == model.popleft()
        if may_push:
            model.append(value)
        await FallingEdge(dut.clk)
