"""Lists the cocotb tests of Python modules as discover.py does, for many requests: it loads cocotb once, which takes nearly all the time, and forks for each.

One line of JSON on stdin, one on stdout; it ends when stdin does, and whoever started it then ends what is left of its process group.
"""

import gc
import json
import os
import select
import signal
import sys
import tempfile
import time
import traceback
from importlib.machinery import all_suffixes

# A file that is edited twice within a second would be taken for unchanged by the bytecode written in between.
sys.dont_write_bytecode = True

import discover  # noqa: E402
from mocha_cocotb.recorded import recorded_variables  # noqa: E402

# Modules see their own command line, if any, in a simulation only; and our names may be names of theirs.
del sys.argv[1:], sys.modules["discover"], sys.modules["mocha_cocotb"], sys.modules["mocha_cocotb.recorded"]

# Variables that are read before any code of ours or of a package runs.
EARLY_VARIABLES = ("PYTHON", "LD_", "DYLD_", "MALLOC_", "GLIBC_", "LC_", "LANG", "TZ")

# How much of what was printed is shown, bytes.
TAIL = 64 * 1024


class Server:
    """Has cocotb loaded, and forks for each request; of the user's modules it loads none."""

    def __init__(self):
        own_folder = os.path.dirname(os.path.abspath(__file__))
        sys.path[:] = [entry for entry in sys.path if entry != own_folder]
        with recorded_variables() as variables:
            self.touched = discover.load_cocotb()
        self.variables = variables
        self.packages = {name.split(".")[0] for name in sys.modules}
        gc.collect()
        gc.freeze()

    def serve(self):
        for line in sys.stdin.buffer:
            reply = self.reply_to(json.loads(line))
            sys.stdout.write(json.dumps(reply) + "\n")
            sys.stdout.flush()
            if reply["state"] == "timed-out":
                # What the module has started ends with our group.
                break
        os._exit(0)

    def reply_to(self, request):
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb", 0) as answers, tempfile.TemporaryFile() as output:
            pid = os.fork()
            if pid == 0:
                self.be_child(request, writing, output.fileno())
            os.close(writing)
            line = read_line(answers, time.monotonic() + request["timeout"] / 1000)
            # If it has ended already, that's how it ended.
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            if line is not None and line.endswith(b"\n"):
                return {"state": "answered", "answer": json.loads(line)}
            output.seek(max(0, output.seek(0, os.SEEK_END) - TAIL))
            printed = output.read().decode("utf-8", "replace")
            if line is None:
                return {"state": "timed-out", "output": printed}
            return {"state": "ended", "ending": ending_of(status), "output": printed}

    def be_child(self, request, answers, output):
        """Be like a process that was started for this request; never returns."""
        try:
            os.dup2(answers, 1)
            os.close(answers)
            os.dup2(output, 2)
            os.chdir(request["cwd"])
            for name in request["unset"]:
                os.environ.pop(name, None)
            os.environ.update(request["set"])
            if self.is_loaded_otherwise(request):
                with tempfile.TemporaryFile() as stdin:
                    stdin.write(json.dumps(request).encode())
                    stdin.seek(0)
                    os.dup2(stdin.fileno(), 0)
                os.execv(sys.executable, [sys.executable, discover.__file__])
            with open(os.devnull) as stdin:
                os.dup2(stdin.fileno(), 0)
            discover.answer(request, self.touched)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def is_loaded_otherwise(self, request):
        """Whether a process of its own might have loaded other things than we have: for a variable, or for a module of the user's of the same name."""
        for name in (*request["set"], *request["unset"]):
            if name in self.variables or name.startswith(EARLY_VARIABLES):
                return True
        return any(self.has_namesake(folder) for folder in (request["cwd"], *request["pythonPath"]))

    def has_namesake(self, folder):
        try:
            entries = os.listdir(folder)
        except FileNotFoundError:
            return False
        except OSError:
            # An archive, for one.
            return True
        suffixes = tuple(all_suffixes())
        return any(
            entry.split(".")[0] in self.packages and ("." not in entry or entry.endswith(suffixes)) for entry in entries
        )


def read_line(stream, deadline):
    """The line, what there is of it when the stream ends, or None when time is up."""
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([stream], [], [], max(0, deadline - time.monotonic()))[0]:
            return None
        piece = stream.read(1 << 16)
        if not piece:
            break
        line += piece
    return line


def ending_of(status):
    code = os.waitstatus_to_exitcode(status)
    return signal.Signals(-code).name if code < 0 else "exit code %d" % code


if __name__ == "__main__":
    Server().serve()
