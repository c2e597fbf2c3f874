"""Python's memory as placement.c has it: that no two blocks overlap, none loses what is in it, and what a fork frees can be had again.

The library was started before Python was, as in a simulation, with the stage that MOCHA_COCOTB_PLACEMENT says.

    placement-stress.py LIBRARY [below]

:param below: have the kernel map memory below C's heap, not above
"""

import ctypes
import json
import os
import random
import resource
import sys
import threading

OPERATIONS = 80_000
MOST = 4_000  # blocks
MB = 1 << 20

if sys.argv[2:] == ["below"]:
    ctypes.CDLL(None).personality(0x0200000)  # ADDR_COMPAT_LAYOUT
    os.execv(sys.executable, [sys.executable, *sys.argv[:2]])

library = ctypes.CDLL(sys.argv[1])
library.mocha_cocotb_report_written.restype = ctypes.c_bool
pointer, size_t = ctypes.c_void_p, ctypes.c_size_t


def function(name, result, *arguments):
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


class Domain:
    def __init__(self, name):
        self.malloc = function(f"{name}_Malloc", pointer, size_t)
        self.calloc = function(f"{name}_Calloc", pointer, size_t, size_t)
        self.realloc = function(f"{name}_Realloc", pointer, pointer, size_t)
        self.free = function(f"{name}_Free", None, pointer)


domains = [Domain("PyMem"), Domain("PyObject")]


def zone():
    """Of all memory, what reserves nothing and may not become large pages."""
    bounds = None
    with open("/proc/self/smaps") as maps:
        for line in maps:
            word, *rest = line.split()
            if not word.endswith(":"):
                bounds = range(*(int(bound, 16) for bound in word.split("-")))
            elif word == "VmFlags:" and {"nh", "nr"} <= set(rest):
                return bounds
    return range(0)


def heap():
    with open("/proc/self/maps") as maps:
        start, end = next(line for line in maps if "[heap]" in line).split()[0].split("-")
    return range(int(start, 16), int(end, 16))


def are_in_heap():
    """Whether that is where small objects come from when all room there was is taken."""
    items = [bytes(400) for _ in range(100_000)]
    bounds = heap()
    return [id(item) in bounds for item in items[-5_000:]]


class Stress:
    def __init__(self):
        self.blocks = []  # domain, address, size, byte that fills it

    def some_size(self, numbers):
        kind = numbers.random()
        if kind < 0.002:
            return numbers.randrange(3 * MB)
        if kind < 0.02:
            return numbers.randrange(40_000)
        return numbers.randrange(1_200) if kind < 0.3 else numbers.randrange(130)

    def run(self, operations, seed):
        numbers = random.Random(seed)
        for _ in range(operations):
            kind = numbers.randrange(100)
            size = self.some_size(numbers)
            domain = numbers.choice(domains)
            if kind < 55 and len(self.blocks) < MOST:
                if kind < 30:
                    address = domain.malloc(size)
                elif kind < 40:
                    address = domain.realloc(None, size)
                else:
                    address = domain.calloc(size, 1) if kind < 50 else domain.calloc(1, size)
                    expect(ctypes.string_at(address, size) == bytes(size), "zeroes")
                self.keep(domain, address, size, numbers)
                continue
            try:
                # Without one step in which another thread could take it, too.
                domain, address, old, fill = self.blocks.pop(numbers.randrange(max(len(self.blocks) // 2, 1)))
            except IndexError:
                continue
            expect(ctypes.string_at(address, old) == bytes([fill]) * old, "what was written")
            if kind < 80:
                domain.free(address)
                continue
            address = domain.realloc(address, size)
            expect(ctypes.string_at(address, min(old, size)) == bytes([fill]) * min(old, size), "what was written, moved")
            self.keep(domain, address, size, numbers)

    def check(self):
        for _, address, size, fill in self.blocks:
            expect(ctypes.string_at(address, size) == bytes([fill]) * size, "what was written")

    def keep(self, domain, address, size, numbers):
        expect(address and address % 16 == 0, "an aligned address")
        fill = numbers.randrange(1, 256)
        ctypes.memset(address, fill, size)
        self.blocks.append((domain, address, size, fill))


def expect(is_so, what):
    if not is_so:
        raise AssertionError(f"{what} expected")


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def expect_reuse():
    """Neither small objects nor large ones stay behind, and zeroes take no memory until they are written to."""
    before = resident()
    for _ in range(12):
        items = [bytes(80) for _ in range(200_000)] + [bytearray(b"x" * size) for size in (MB // 2, 3 * MB, 10 * MB)]
        del items
    zeroes = bytes(400 * MB)
    expect(resident() - before < 80 * MB, f"less than {(resident() - before) >> 20} MB more")
    del zeroes
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        bytearray(b"x" * (6 * MB))
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    expect(faults < 40_000, f"fewer than {faults} page faults for large pieces that are had again")


def in_fork(stress, written, placed):
    library.mocha_cocotb_begin_fork()
    written.check()
    for _, address, size, fill in written.blocks:
        ctypes.memset(address, fill, size)
    stress.run(OPERATIONS // 2, 3)
    errors = []

    def run():
        try:
            stress.run(OPERATIONS // 2, 4)
        except BaseException as error:
            errors.append(error)

    sys.setswitchinterval(1e-5)
    thread = threading.Thread(target=run)
    thread.start()
    stress.run(OPERATIONS // 2, 5)
    thread.join()
    if errors:
        raise errors[0]
    again = os.fork()
    if again == 0:
        end(lambda: stress.run(OPERATIONS // 8, 6))
    expect(os.waitpid(again, 0)[1] == 0, "a fork of the fork to end well")
    written.check()
    expect_reuse()
    expect(not any(are_in_heap()), "arenas of the fork's own")
    print(json.dumps({"placed": placed, "reported": library.mocha_cocotb_report_written()}), flush=True)


def end(function):
    try:
        function()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


written = Stress()
numbers = random.Random(0)
for _ in range(200):
    # Those that just fill a page, too.
    size = numbers.choice((numbers.randrange(2_000), numbers.randrange(4_060, 4_100)))
    written.keep(domains[0], domains[0].malloc(size), size, numbers)
stress = Stress()
stress.run(OPERATIONS, 1)
library.mocha_cocotb_load(False)
stress.run(OPERATIONS // 2, 2)
library.mocha_cocotb_load(True)
stress.run(OPERATIONS // 2, 2)
library.mocha_cocotb_load(False)
expect(all(are_in_heap()), "arenas in the heap")
known = zone()
placed = sum(address in known for _, address, _, _ in written.blocks) / len(written.blocks)
child = os.fork()
if child == 0:
    end(lambda: in_fork(stress, written, placed))
expect(os.waitpid(child, 0)[1] == 0, "the fork to end well")
# The server goes on, and its memory is its own.
stress.run(OPERATIONS // 8, 7)
