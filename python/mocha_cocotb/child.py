"""A simulation in a fork: as the server sees it, and how it makes itself look like one that has just been started."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import threading
import time

from mocha_cocotb import finish, initialize, learn
from mocha_cocotb.throwaway import die_with_parent

_fork = ctypes.PyDLL(None, use_errno=True).fork


def fork() -> int:
    """fork as C has it. Python's runs functions that repair what other threads may have been doing, and the server has no others."""
    pid = _fork()
    if pid < 0:
        raise OSError(ctypes.get_errno(), "no process for the simulation")
    return pid


def unwatchable() -> str | None:
    """Why children can't be watched here, if so: by an old kernel, a seccomp profile, or a Python built without pidfd_open."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError) as error:
        return f"forks can't be watched, which takes pidfd_open (Linux 5.3): {error}"
    return None


class Child:
    def __init__(self, id: int, pid: int, report: int | None) -> None:
        self.id = id
        self.pid = pid
        self.begin = time.monotonic()
        self.pidfd = os.pidfd_open(pid)
        self.report = report
        self.is_report_closed = False
        self.rest = b""
        if report is not None:
            os.set_blocking(report, False)

    def signal(self, number: int) -> None:
        """Signal the whole group, or the process that has not yet made one."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            os.kill(self.pid, number)
        except PermissionError:
            pass

    def read_report(self, to_end: bool) -> list[dict]:
        while True:
            try:
                data = os.read(self.report, 1 << 16)
            except BlockingIOError:
                break
            if not data:
                self.is_report_closed = True
                break
            self.rest += data
            if not to_end:
                break
        *lines, self.rest = self.rest.split(b"\n")
        return [json.loads(line) for line in lines]


def become(job: dict, server) -> None:
    """Make this child look like a simulator that has just been started for its job."""
    os.setsid()
    die_with_parent()
    if os.getppid() != server.pid:
        os._exit(1)
    for descriptor in {server.parent.commands, server.parent.answers, *server.children}:
        os.close(descriptor)
    log = job["log"]
    for name in job["unset"]:
        os.environ.pop(name, None)
    for name, value in job["set"].items():
        os.environ[name] = value
    os.write(log, initialize.log_of_child(server.preamble))
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.chdir(job["cwd"])
    if job["args"] is not None:
        arguments = "".join(f"{argument}\0" for argument in job["args"]).encode("utf-8", "surrogateescape")
        server.command_args(len(job["args"]), arguments)
    threading.main_thread()._set_native_id()
    learn.reseed()
    server.initialization.adapt(job["args"])
    finish.begin_child(job["report"], server if job["report"] is not None else None, server.placement if job["placement"] else None)
    if job.get("events"):
        from mocha_cocotb import events  # noqa: PLC0415

        events.install(job["report"])
