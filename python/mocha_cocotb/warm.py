"""Serves warm starts: a simulator that has loaded Python and cocotb forks for each simulation.

`serve` is the first of cocotb's Python users (PYGPI_USERS), called at time 0 before any HDL code has run. It loads what every
simulation loads, then waits for jobs. For each it forks; the child makes itself look as if it had just been started, and returns
from `serve`, so that cocotb goes on as in any other simulation. The server itself never returns.

Jobs come as lines of JSON on what was the simulator's stdin, answers go to what was its stdout: pipes of our own parent work
behind any launcher. The simulator's output never mixes with them, since both are moved away before anything else is printed.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import select
import signal
import sys
import time

from mocha_cocotb import destructors, finish, initialize, learn, modules, pages, placement, threads, users
from mocha_cocotb.child import Child, become, fork, unwatchable
from mocha_cocotb.parent import Parent
from mocha_cocotb.recorded import recorded_variables

SHORT = 50  # ms
MANY = 20
"""Simulations after which what makes each a little faster has paid for itself."""
PLENTY = 100
"""Simulations after which there will be enough for three more servers to be worth it, in which `placement` finds out what it needs."""


def serve() -> None:
    """Serve until our parent closes the pipe; return only in a child that has its job."""
    settings = users.take_settings()
    finish.leave_openssl_alone()
    server = Server(settings)
    with server.placement.loading():
        server.preload(settings["preload"])
    job = server.wait_for_job()
    # In a child from here on.
    become(job, server)
    users.run(server.initialization.remaining, sys._getframe(1))


class Server:
    def __init__(self, settings: dict) -> None:
        self.pid = os.getpid()
        self.libc = ctypes.CDLL(None)
        self.command_args = getattr(self.libc, "mocha_cocotb_command_args", None)
        self.parent = Parent(settings["token"])
        self.trusted = settings["trusted"]
        self.preamble = b""
        self.children: dict[int, Child] = {}  # by pidfd and by the pipe of their reports
        self.jobs = settings["jobs"]
        self.running = 0
        self.started = 0
        self.last_wall = float("inf")
        self.waiting: list[dict] = []
        self.poll = select.poll()
        self.learner = learn.Learner(self.trusted)
        self.read: set[str] = set()
        """Variables that what was learned has read: our parent may not have known when it chose us for a job."""
        self.bytecode = None
        self.initialization = initialize.Initialization()
        self.token = settings["token"]
        self.placement = placement.Placement(settings["placement"])

    def preload(self, user_modules: list[str]) -> None:
        refusal = unwatchable() or threads.end_model_threads(self.libc)
        with recorded_variables() as variables:
            try:
                initialize.load()
                self.prepare_bytecode()
                finish.install()
                for name in user_modules:
                    importlib.import_module(name)
                self.initialization.run()
            except BaseException as error:  # A simulation that starts cold shows the same error in its own log.
                refusal = refusal or f"preloading failed: {type(error).__name__}: {error}"
        refusal = refusal or threads.foreign_threads()
        self.user_files = modules.user_files(self.trusted)
        self.settle()
        os.write(self.parent.answers, b"\n%s\n" % self.token.encode())
        os.write(2, b"\n%s\n" % self.token.encode())
        self.parent.tell({"event": "ready", "pid": self.pid, "refusal": refusal, "variables": sorted(variables - {initialize.SEED})})
        self.parent.flush()
        quiet()

    def prepare_bytecode(self) -> None:
        # Loads parts of pytest, so only after cocotb has set it up.
        from mocha_cocotb import bytecode  # noqa: PLC0415

        self.bytecode = bytecode.Bytecode()

    def settle(self) -> None:
        """Everything loaded so far is shared by all children: keep the garbage collector from touching its pages."""
        finish.remember_loaded()
        modules.forget_folders(self.trusted)
        gc.collect()
        gc.freeze()
        if sys.version_info < (3, 12):
            # It is full of attributes that no simulation looks up, and to replace one is to write to the name of the last.
            sys._clear_type_cache()

    def wait_for_job(self) -> dict:
        """Serve; returns in a child with its job."""
        self.poll.register(self.parent.commands, select.POLLIN)
        while True:
            for descriptor, _ in self.poll.poll():
                if descriptor == self.parent.commands:
                    self.read_commands()
                else:
                    self.handle_child(descriptor)
            # Not before all have been handled: new children get the numbers of descriptors that were closed.
            job = self.start_waiting()
            if job is not None:
                return job
            self.parent.flush()

    def read_commands(self) -> None:
        commands = self.parent.read()
        if commands is None:
            self.end()
        for command in commands:
            self.handle_command(command)

    def handle_command(self, command: dict) -> None:
        operation = command["op"]
        if operation == "run":
            self.waiting.append(command)
        elif operation == "signal":
            self.signal(command["id"], command["signal"])
        elif operation == "preamble":
            self.preamble = command["text"].encode("utf-8", "surrogateescape")

    def signal(self, id: int, number: int) -> None:
        for child in self.children.values():
            if child.id == id:
                child.signal(number)
        for job in self.waiting:
            if job["id"] == id:
                self.waiting.remove(job)
                self.parent.tell_ended(id, number, 0, 0, 0)
                break

    def start_waiting(self) -> dict | None:
        """Start jobs up to the limit; returns in a child with its job.

        Short simulations spend half of their life starting and ending, and then wait for us: twice as many of them keep the cores busy.
        """
        while self.waiting and self.running < (2 * self.jobs if self.last_wall < SHORT else self.jobs):
            if self.learner.news:
                self.load_learned()
            wanted = self.waiting.pop(0)
            if not self.read.isdisjoint([*wanted["set"], *wanted["unset"]]):
                self.parent.tell({"event": "unsuited", "id": wanted["id"]})
                continue
            job = self.start(wanted)
            if job is not None:
                return job
        return None

    def start(self, job: dict) -> dict | None:
        if self.bytecode is not None:
            self.bytecode.refresh()
        changed = modules.first_changed(self.user_files)
        if changed is not None:
            self.parent.tell({"event": "stale", "id": job["id"], "file": changed})
            return None
        try:
            log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except OSError as error:
            self.parent.tell({"event": "refused", "id": job["id"], "reason": f"its log file can't be written: {error}"})
            return None
        self.started += 1
        if self.started == MANY:
            destructors.leave_out()
            self.placement.fill_holes()
            pages.enlarge()
        if self.started == PLENTY and self.placement.is_usual:
            self.parent.tell({"event": "replaceable"})
        job["placement"] = self.placement.wants(job["id"], self.started)
        report = None
        if job.get("events") or self.learner.wants(job) or job["placement"]:
            report = os.pipe()
        # What the child's garbage collector looks at, it writes to.
        gc.freeze()
        pid = fork()
        if pid == 0:
            self.placement.begin_fork()
            job["log"] = log
            job["report"] = report[1] if report else None
            if report:
                os.close(report[0])
            return job
        os.close(log)
        if report:
            os.close(report[1])
        child = Child(job["id"], pid, report[0] if report else None)
        self.adopt(child)
        self.parent.tell_started(child.id, pid)
        return None

    def adopt(self, child: Child) -> None:
        self.running += 1
        self.children[child.pidfd] = child
        self.poll.register(child.pidfd, select.POLLIN)
        if child.report is not None:
            self.children[child.report] = child
            self.poll.register(child.report, select.POLLIN)

    def handle_child(self, descriptor: int) -> None:
        child = self.children.get(descriptor)
        if child is None:
            return
        if child.report is not None:
            ended = descriptor == child.pidfd
            for message in child.read_report(to_end=ended):
                if "held" in message:
                    self.parent.tell({"event": "held", "id": child.id})
                elif "placement" in message:
                    # One that can't find it out could not in the next simulation, either, and each would be held for that.
                    self.placement.is_known = True
                    if message["placement"]:
                        self.parent.tell({"event": "replaceable"})
                elif "modules" in message:
                    self.learner.learn(message["modules"])
                    if self.bytecode is not None:
                        with self.placement.loading():
                            self.bytecode.load(message["sources"])
                else:
                    self.parent.tell({"event": "test", "id": child.id, **message})
            if ended or child.is_report_closed:
                self.poll.unregister(child.report)
                del self.children[child.report]
                os.close(child.report)
                child.report = None
        if descriptor != child.pidfd:
            return
        # Before the leader is reaped its id can't belong to another group.
        child.signal(signal.SIGKILL)
        _, status, usage = os.wait4(child.pid, 0)
        self.poll.unregister(child.pidfd)
        del self.children[child.pidfd]
        self.running -= 1
        self.placement.has_ended(child.id)
        os.close(child.pidfd)
        self.last_wall = (time.monotonic() - child.begin) * 1000
        cpu = (usage.ru_utime + usage.ru_stime) * 1000
        self.parent.tell_ended(child.id, status, self.last_wall, cpu, usage.ru_maxrss * 1024)

    def load_learned(self) -> None:
        self.parent.flush()  # Loading may take long.
        with self.placement.loading():
            loaded, variables = self.learner.load()
        self.read |= variables
        if loaded:
            self.settle()
            self.parent.tell({"event": "learned", "modules": loaded, "variables": sorted(variables)})

    def end(self) -> None:
        for child in self.children.values():
            child.signal(signal.SIGKILL)
        os._exit(0)


def quiet() -> None:
    """Nothing that the server itself prints from now on is read by anybody."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
