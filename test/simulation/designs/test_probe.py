"""Tests that end in every way a test can."""

import asyncio
import atexit
import os
import random
import signal
import subprocess
import sys
import time
import warnings

import cocotb
import probe_helper
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer

atexit.register(print, "exit function ran")

left_open = open("left_open.txt", "w")
left_open.write("written without closing")


farewell = probe_helper.Farewell("test module")
runs = []


async def start(dut):
    dut.rst.value = 1
    dut.crash.value = 0
    dut.stop.value = 0
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    dut.rst.value = 0


@cocotb.test()
async def passes(dut):
    await start(dut)
    for _ in range(5):
        await RisingEdge(dut.clk)
    runs.append(1)
    assert len(runs) == 1, "state of another test"
    dut._log.info("drawn %s random %d", dut.drawn.value, random.randrange(1000))
    cocotb.log.info("plusargs %s", {k: v for k, v in cocotb.plusargs.items() if not k.startswith("verilator")})
    cocotb.log.info("extra %s", os.environ.get("EXTRA"))
    cocotb.log.info("option %s", os.environ.get("my.option"))
    print("printed")
    farewell_of_test = probe_helper.Farewell("finished test")
    assert farewell_of_test


@cocotb.test()
async def shows_environment(dut):
    own = {"COCOTB_RANDOM_SEED", "MOCHA_COCOTB_SPAWN"}
    for name, value in sorted(os.environ.items()):
        if name not in own:
            print(name, value)
    names = subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
    print("names that a process inherits:", sorted(line.split("=")[0] for line in names.splitlines()))


@cocotb.test()
async def fails(dut):
    await start(dut)
    expected = 3
    assert int(dut.q.value) == expected


@cocotb.test()
async def raises(dut):
    await Timer(7, "ns")
    raise ValueError("no such thing")


@cocotb.test(skip=True)
async def is_skipped(dut):
    pass


@cocotb.test(expect_fail=True)
async def fails_as_expected(dut):
    await Timer(1, "ns")
    assert False


@cocotb.test()
@cocotb.parametrize(width=[8, 16], name=["a", "b"])
async def has_cases(dut, width, name):
    await Timer(width, "ns")
    assert width < 16 or name == "a"


@cocotb.test()
async def warns(dut):
    warnings.warn("mind the gap")
    print("to stderr", file=sys.stderr)
    await Timer(1, "ns")


@cocotb.test()
async def hangs(dut):
    while True:
        await Timer(1, "ns")
        time.sleep(0.01)


@cocotb.test()
async def kills_itself(dut):
    await Timer(3, "ns")
    os.kill(os.getpid(), signal.SIGSEGV)


@cocotb.test()
async def leaves_early(dut):
    await Timer(3, "ns")
    os._exit(0)


@cocotb.test()
async def crashes_in_hdl(dut):
    await start(dut)
    dut.crash.value = 1
    await Timer(20, "ns")


@cocotb.test()
async def is_finished_by_hdl(dut):
    await start(dut)
    dut.stop.value = 1
    await Timer(20, "ns")


@cocotb.test()
async def reaches_fatal(dut):
    await start(dut)
    for _ in range(200):
        await RisingEdge(dut.clk)


@cocotb.test()
async def exits_badly(dut):
    await Timer(3, "ns")
    # Runs after cocotb has written its results.
    atexit.register(os._exit, 3)


@cocotb.test()
async def cuts_results(dut):
    await Timer(3, "ns")

    def cut():
        path = os.environ["COCOTB_RESULTS_FILE"]
        os.truncate(path, 400)

    atexit.register(cut)


@cocotb.test()
async def leaves_child(dut):
    await Timer(1, "ns")
    pid = os.fork()
    if pid == 0:
        os.execvp("sleep", ["sleep", "600"])
    with open("child.pid", "w") as file:
        file.write(str(pid))


@cocotb.test()
async def starts_thread(dut):
    import threading

    def finish():
        time.sleep(0.05)
        print("thread finished", flush=True)

    print("main thread is the process:", threading.main_thread().native_id == os.getpid(), flush=True)
    threading.Thread(target=finish).start()
    await Timer(1, "ns")


class Incomparable(type):
    """Its classes can't be hashed, and don't like to be compared."""

    def __eq__(self, other):
        raise TypeError("not comparable")


class Odd(metaclass=Incomparable):
    pass


@cocotb.test()
async def leaves_loop_open(dut):
    warnings.simplefilter("always")
    asyncio.new_event_loop()
    await Timer(1, "ns")


@cocotb.test()
async def keeps_odd_objects(dut):
    runs.append(Odd())
    kept = probe_helper.Farewell("odd test")
    kept.itself = kept
    await Timer(1, "ns")
