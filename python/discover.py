"""Lists the cocotb tests of Python modules without a simulator.

As a program it answers one request, JSON on stdin, with one line of JSON on stdout; discovery_server.py answers many.

The modules are imported as a simulation imports them (same sys.path, cocotb.is_simulation true), but for the simulator: whoever
reads one of its objects at import (cocotb.top, cocotb.plusargs, ...) can be listed in a simulation only, and the answer says so.

What the modules read meanwhile (files, folders, environment variables) is part of the answer, so that it can be remembered until one of them changes.
Each is told as it was just before it was read: what is edited during the import is not taken for what was imported.
"""

import hashlib
import importlib
import inspect
import json
import os
import random
import re
import stat
import sys
import traceback
from importlib import _bootstrap_external as import_machinery
from importlib.machinery import PathFinder

# What cocotb sets when a simulation begins; outside of one these names don't exist.
SIMULATOR_NAMES = {"top", "argv", "plusargs", "packages", "SIM_NAME", "SIM_VERSION", "RANDOM_SEED"}

# Import errors that no simulator would cure. Anything else may come of something that only a simulation has: its working
# folder, its variables, its objects.
INCURABLE = (ImportError, SyntaxError, NameError)

STDLIB = os.path.dirname(os.__file__) + os.sep
OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Reads:
    """What user code reads: the inputs of the answer."""

    def __init__(self, environment_folders):
        environment = (os.path.join(folder, "") for folder in environment_folders)
        self.others_folders = (OWN, "/proc/", "/dev/", "/sys/", *environment)
        # Digests and listings, None for what was not there.
        self.files = {}
        self.folders = {}
        self.variables = set()
        self.all_variables = False
        # Whether what was read can be watched.
        self.repeatable = True
        self.active = False

    def is_users(self, path):
        return not path.startswith(self.others_folders)

    def called_by_user(self):
        """Whether the code nearest to a call, the standard library apart, is the user's and not a package's."""
        frame = sys._getframe(2)
        while frame is not None:
            file = frame.f_code.co_filename
            if not file.startswith(("<frozen", STDLIB, OWN)):
                return self.is_users(os.path.abspath(file))
            frame = frame.f_back
        return False

    def audit(self, event, arguments):
        if not self.active:
            return
        if event == "open":
            path, mode, flags = arguments
            is_write = flags & os.O_ACCMODE == os.O_WRONLY if mode is None else any(c in mode for c in "wax")
            if isinstance(path, (str, bytes)) and not is_write:
                path = os.path.abspath(os.fsdecode(path))
                if self.is_users(path) and path not in self.files:
                    # Our own reading comes here, too.
                    self.files[path] = None
                    self.files[path] = self.digest(path)
        elif event in ("os.listdir", "os.scandir"):
            path = arguments[0]
            if path is None or isinstance(path, (str, bytes)):
                path = os.path.abspath(os.fsdecode(path or "."))
                if self.is_users(os.path.join(path, "")) and path not in self.folders:
                    self.folders[path] = None
                    self.folders[path] = list_folder(path)
        elif event in ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn", "socket.connect"):
            # Their answers can't be watched.
            if self.called_by_user():
                self.repeatable = False

    def digest(self, path):
        try:
            kind = os.stat(path).st_mode
            # A pipe's content would be gone for whoever opens it now.
            if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
                self.repeatable = False
                return None
            with open(path, "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()[:32]
        except (OSError, ValueError):
            return None

    def read_sources(self):
        """Has the user's modules imported from their sources, although there is bytecode, which hides an edit within the second and a source that is not opened."""
        bytecode_of = import_machinery.cache_from_source

        def bytecode_of_packages(path, *arguments, **options):
            if self.is_users(os.path.abspath(path)):
                raise NotImplementedError
            return bytecode_of(path, *arguments, **options)

        import_machinery.cache_from_source = bytecode_of_packages

    def watch_variables(self):
        reads = self
        kind = type(os.environ)
        getitem, iterate = kind.__getitem__, kind.__iter__

        def watched_getitem(self, key):
            if reads.active and reads.called_by_user():
                reads.variables.add(os.fsdecode(key))
            return getitem(self, key)

        def watched_iterate(self):
            if reads.active and reads.called_by_user():
                reads.all_variables = True
            return iterate(self)

        kind.__getitem__, kind.__iter__ = watched_getitem, watched_iterate


def list_folder(path):
    try:
        return os.listdir(path)
    except OSError:
        return None


def stand_in_for_simulation(cocotb, touched):
    """Makes cocotb look as in a simulation, and notes who asks for what only a simulator has."""
    import logging

    cocotb.is_simulation = True
    cocotb.log = logging.getLogger("test")
    cocotb.log.setLevel(logging.INFO)

    def missing(name):
        if name in SIMULATOR_NAMES:
            caller = traceback.extract_stack(limit=2)[0]
            touched.append("cocotb.%s is read at import by %s:%s" % (name, caller.filename, caller.lineno))
        raise AttributeError("module 'cocotb' has no attribute %r outside a simulation" % name)

    cocotb.__getattr__ = missing


def tests_of(module):
    """The tests of a module, in cocotb's order (RegressionManager.discover_tests)."""
    from cocotb._decorators import Test, TestGenerator

    for value in list(vars(module).values()):
        if isinstance(value, Test):
            yield value
        elif isinstance(value, TestGenerator):
            yield from value.generate_tests()


def describe(test):
    try:
        line = test.func.__code__.co_firstlineno
    except AttributeError:
        try:
            line = inspect.getsourcelines(test.func)[1]
        except OSError:
            line = 1
    return {
        "module": test.module,
        "name": test.name,
        "fullName": test.fullname,
        "file": os.path.abspath(inspect.getfile(test.func)),
        "line": line,
        "skip": bool(test.skip),
        "expectFail": bool(test.expect_fail or test.expect_error),
        "doc": test.doc,
        "stage": test.stage,
    }


def discover(modules, test_filter, touched):
    try:
        # As cocotb.regression does.
        selected = re.compile(test_filter or "").search
    except re.error as error:
        return {"state": "wrong-filter", "error": str(error)}
    found = []
    for name in modules:
        try:
            found.extend(describe(test) for test in tests_of(importlib.import_module(name)))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            if isinstance(error, INCURABLE) and not touched:
                return {"state": "failed", "module": name, "error": last_line(error), "traceback": user_traceback(error)}
            reason = touched[0] if touched else "import of %s: %s" % (name, last_line(error))
            return {"state": "needs-simulation", "reason": reason}
    if touched:
        return {"state": "needs-simulation", "reason": touched[0]}
    found = [test for test in found if selected(test["fullName"])]
    found.sort(key=lambda test: test["stage"])
    return {"state": "found", "tests": found}


def last_line(error):
    return traceback.format_exception_only(type(error), error)[-1].strip()


def user_traceback(error):
    """The traceback from the first frame that is not ours or the import machinery's."""
    entries = traceback.extract_tb(error.__traceback__)
    shown = [entry for entry in entries if not entry.filename.startswith(OWN) and "importlib" not in entry.filename]
    lines = ["Traceback (most recent call last):\n"] if shown else []
    return "".join(lines + traceback.format_list(shown) + traceback.format_exception_only(type(error), error))


def answer(request, touched):
    """Import the modules in this process, and write what was found to what is stdout now."""
    # Whatever the modules print goes to stderr.
    answers = os.dup(1)
    os.dup2(2, 1)
    # Whoever reads our answer sees our end by this, and must not wait for processes that a module has forked.
    os.register_at_fork(after_in_child=lambda: os.close(answers))
    set_path(request)
    # Has Python list the folders now: that it looks for modules there is known, and is no read of the user's.
    PathFinder.find_spec("no module")
    random.seed(0)
    reads = Reads([*request["sysPath"], sys.prefix, sys.base_prefix])
    reads.watch_variables()
    reads.read_sources()
    sys.addaudithook(reads.audit)
    reads.active = True
    result = discover(request["modules"], request["testFilter"], touched)
    reads.active = False
    result["reads"] = {
        "files": reads.files,
        "folders": reads.folders,
        "variables": sorted(os.environ) if reads.all_variables else sorted(reads.variables),
        "repeatable": reads.repeatable,
    }
    with os.fdopen(answers, "w") as out:
        out.write(json.dumps(result) + "\n")
        out.flush()
        # Threads that a module started don't keep us.
        os._exit(0)


def load_cocotb():
    """Load what every test module needs and nothing that one could miss in a simulation; returns the list that then gets whoever asks for the simulator."""
    import cocotb
    import cocotb._decorators

    touched = []
    stand_in_for_simulation(cocotb, touched)
    return touched


def set_path(request):
    """A simulation's path: its working folder, the user's folders, the environment's."""
    sys.path[:] = ["", *request["pythonPath"], *request["sysPath"]]


def answer_afresh():
    """Answer in this process, in which nothing is loaded yet."""
    request = json.load(sys.stdin)
    set_path(request)
    answer(request, load_cocotb())


if __name__ == "__main__":
    # A file that is edited twice within a second would be taken for unchanged by the bytecode written in between.
    sys.dont_write_bytecode = True
    # Modules see their own command line, if any, in a simulation only.
    del sys.argv[1:]
    answer_afresh()
