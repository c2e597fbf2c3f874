"""Tests of adder.sv, which is faulty: shows what a failure looks like."""

import random

import cocotb
from cocotb.triggers import Timer


@cocotb.test()
async def adds_zero(dut):
    dut.a.value = 5
    dut.b.value = 0
    await Timer(1, "ns")
    assert dut.sum.value == 5


@cocotb.test()
async def adds_random_numbers(dut):
    for _ in range(100):
        a, b = random.randrange(128), random.randrange(128)
        dut.a.value = a
        dut.b.value = b
        await Timer(1, "ns")
        total = int(dut.sum.value)
        assert total == a + b, f"{a} + {b}"


@cocotb.test(skip=True)
async def adds_with_carry_in(dut):
    """The adder has no carry input yet."""


@cocotb.test(expect_fail=True)
async def adds_four_and_four(dut):
    dut.a.value = 4
    dut.b.value = 4
    await Timer(1, "ns")
    assert dut.sum.value == 8
