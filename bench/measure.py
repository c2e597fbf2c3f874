"""Runs one command and measures it together with everything that it starts.

    python3 measure.py RESULT.json LOG -- COMMAND...

Wall time  from the start of the command to its end.
CPU time   user and system time of all descendants: this process is their subreaper, so that the rusage of orphans arrives here, too.
Memory     the larger of the biggest process's peak (ru_maxrss) and the peak of the tree's sum, sampled five times a second. The sum is of
           proportional set sizes: memory that forked processes share counts once.
Lifetimes  of each process from fork to exit, in ns of CLOCK_MONOTONIC; from the same source as the processes.
Processes  fork and exec events of the kernel's process connector (Linux, root). Threads don't count. Without it these are null.
"""

import ctypes
import json
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time

SAMPLE_INTERVAL = 0.2
# How long descendants may outlive the command, seconds.
GRACE = 5.0

PR_SET_CHILD_SUBREAPER = 36
NETLINK_CONNECTOR = 11
CN_IDX_PROC = 1
PROC_CN_MCAST_LISTEN = 1
EVENT_FORK = 0x1
EVENT_EXEC = 0x2
EVENT_EXIT = 0x80000000
SO_RCVBUFFORCE = 33


class ProcessEvents:
    """Follows the processes of one tree by the kernel's process connector."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_CONNECTOR)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 * 1024 * 1024)
        self.socket.bind((0, CN_IDX_PROC))
        message = struct.pack("=IIIIHHI", CN_IDX_PROC, 1, 0, 0, 4, 0, PROC_CN_MCAST_LISTEN)
        header = struct.pack("=IHHII", 16 + len(message), 3, 0, 0, os.getpid())
        self.socket.send(header + message)
        self.socket.setblocking(False)
        self.tree = {os.getpid()}
        self.forks = 0
        self.lifetimes = {}
        self.programs = {}
        self._running = {}
        self.is_complete = True

    def read(self):
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                # The kernel had more to say than the buffer holds.
                self.is_complete = False
                return
            self._take(data)

    def _take(self, data):
        # Behind the netlink header (16 bytes) and the connector's (20): what, cpu, time stamp, then the event's own fields.
        what, _, stamp = struct.unpack_from("=IIQ", data, 36)
        if what == EVENT_FORK:
            _, parent, pid, process = struct.unpack_from("=IIII", data, 52)
            if pid == process and parent in self.tree:
                self.tree.add(process)
                self.forks += 1
                self.lifetimes[process] = [stamp, stamp]
        elif what == EVENT_EXEC:
            _, process = struct.unpack_from("=II", data, 52)
            if process in self.tree:
                self._note_program(process)
        elif what == EVENT_EXIT:
            pid, process = struct.unpack_from("=II", data, 52)
            if pid == process and process in self.tree:
                self.tree.discard(process)
                if process in self.lifetimes:
                    self.lifetimes[process][1] = stamp
                self._count(self._running.pop(process, None))

    def _note_program(self, process):
        """A process counts as the last program that it was: a wrapper that turns into another one doesn't."""
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                argv = file.read().split(b"\0")
        except OSError:
            return
        name = os.path.basename(argv[0]).decode(errors="replace")
        # A zombie has no command line any more.
        if name:
            asks = {b"--version", b"-V", b"--help", b"-v", b"--get-supported"}.intersection(argv[1:])
            self._running[process] = None if asks else name

    def _count(self, name):
        if name is not None:
            self.programs[name] = self.programs.get(name, 0) + 1


def process_events():
    try:
        return ProcessEvents()
    except OSError:
        return None


def descendants():
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(name))
    found = []
    front = [os.getpid()]
    while front:
        below = children.get(front.pop(), [])
        found += below
        front += below
    return found


def memory_of(process):
    """Proportional set size in bytes; 0 for a process that is gone."""
    try:
        with open(f"/proc/{process}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def reap_rest():
    """Waits for what outlives the command, ends it after the grace, and says how many processes that were."""
    deadline = time.monotonic() + GRACE
    left = []
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return left
        if pid == 0:
            if time.monotonic() > deadline:
                for process in descendants():
                    left.append(process)
                    try:
                        os.kill(process, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                deadline = time.monotonic() + GRACE
            time.sleep(0.002)


def measure(command, log):
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    events = process_events()
    peak = 0
    start = time.monotonic()
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    try:
        # A short-lived process must be looked at before it is gone.
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    except PermissionError:
        pass
    handle = os.pidfd_open(child.pid)
    sources = [handle] + ([events.socket] if events else [])
    next_sample = start + SAMPLE_INTERVAL / 4
    while True:
        ready, _, _ = select.select(sources, [], [], max(0.0, next_sample - time.monotonic()))
        if handle in ready:
            break
        if events:
            events.read()
        if time.monotonic() >= next_sample:
            peak = max(peak, sum(map(memory_of, descendants())))
            next_sample = time.monotonic() + SAMPLE_INTERVAL
    wall = time.monotonic() - start
    exit_code = child.wait()
    left = reap_rest()
    if events:
        events.read()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "exitCode": exit_code,
        "wall": wall * 1000,
        "cpu": (usage.ru_utime + usage.ru_stime) * 1000,
        "peakMemory": max(peak, usage.ru_maxrss * 1024),
        "processes": events.forks if events and events.is_complete else None,
        "programs": events.programs if events and events.is_complete else None,
        "leftRunning": len(left),
        "lifetimes": events.lifetimes if events and events.is_complete else None,
    }


def main():
    result, log_path = sys.argv[1:3]
    command = sys.argv[4:]
    with open(log_path, "wb") as log:
        measured = measure(command, log)
    with open(result, "w") as file:
        json.dump(measured, file)


main()
