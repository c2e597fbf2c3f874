"""Tests that follow each other in one simulation."""

import os
import signal
import time

import cocotb
from cocotb.regression import SimFailure
from cocotb.triggers import Timer

seen = []


async def note(dut, name):
    seen.append(name)
    await Timer(2, "ns")
    cocotb.log.info("so far: %s", ",".join(seen))


@cocotb.test()
async def first(dut):
    dut.stop.value = 0
    await note(dut, "first")


@cocotb.test()
async def second_fails(dut):
    await note(dut, "second")
    assert len(seen) == 0


@cocotb.test()
async def claims_the_end(dut):
    raise SimFailure("so it says")


@cocotb.test()
async def third(dut):
    await note(dut, "third")


@cocotb.test()
async def dies(dut):
    os.kill(os.getpid(), signal.SIGKILL)


@cocotb.test()
async def fourth(dut):
    await note(dut, "fourth")


@cocotb.test()
async def hangs(dut):
    while True:
        await Timer(1, "ns")
        time.sleep(0.005)


@cocotb.test()
async def finishes(dut):
    dut.stop.value = 1
    # Verilator notices at the end of a time step.
    for _ in range(3):
        await Timer(5, "ns")


@cocotb.test()
async def fifth(dut):
    await note(dut, "fifth")


@cocotb.test()
async def exits_badly(dut):
    import atexit

    await note(dut, "last")
    atexit.register(os._exit, 3)
