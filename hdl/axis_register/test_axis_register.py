"""Tests of axis_register.sv with the AXI-stream models of cocotbext-axi."""

import itertools
import logging
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource


class Bench:
    def __init__(self, dut):
        Clock(dut.clk, 8, unit="ns").start()
        self.dut = dut
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst)
        self.source.log.setLevel(logging.WARNING)
        self.sink.log.setLevel(logging.WARNING)

    async def reset(self):
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 3)
        self.dut.rst.value = 0
        await RisingEdge(self.dut.clk)


def pauses():
    return itertools.cycle([random.random() < 0.4 for _ in range(97)])


@cocotb.test()
@cocotb.parametrize(source_pauses=[False, True], sink_pauses=[False, True])
async def passes_frames_on(dut, source_pauses, sink_pauses):
    bench = Bench(dut)
    await bench.reset()
    if source_pauses:
        bench.source.set_pause_generator(pauses())
    if sink_pauses:
        bench.sink.set_pause_generator(pauses())
    frames = [random.randbytes(4 * random.randint(1, 16)) for _ in range(8)]
    for frame in frames:
        await bench.source.send(AxiStreamFrame(frame))
    for frame in frames:
        received = await bench.sink.recv()
        assert bytes(received.tdata) == frame
    assert bench.sink.empty()
