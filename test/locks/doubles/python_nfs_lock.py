"""A stand-in for pytest-cocotb's NFSLock: the same steps on the same files, for tests of contention and for the bench.

Usage: python_nfs_lock.py LOCK JOURNAL NAME ROUNDS HOLD_SECONDS [STALE_TIMEOUT_SECONDS [POLL_SECONDS]]
"""
import json
import os
import socket
import sys
import time


class NFSLock:
    def __init__(self, path, stale_timeout=7200.0, poll=0.01):
        self.path, self.stale_timeout, self.poll = path, stale_timeout, poll
        self.info = os.path.join(path, "holder.info")

    def acquire(self):
        while True:
            try:
                os.mkdir(self.path)
                with open(self.info, "w") as file:
                    json.dump({"hostname": socket.gethostname(), "pid": os.getpid(), "timestamp": time.time()}, file)
                return
            except FileExistsError:
                if self.is_stale():
                    self.release()
                else:
                    time.sleep(self.poll)

    def is_stale(self):
        try:
            with open(self.info) as file:
                holder = json.load(file)
            if holder["hostname"] == socket.gethostname():
                os.kill(holder["pid"], 0)
                return False
            return time.time() - holder["timestamp"] > self.stale_timeout
        except ProcessLookupError:
            return True
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def release(self):
        for remove, path in ((os.unlink, self.info), (os.rmdir, self.path)):
            try:
                remove(path)
            except OSError:
                pass


def main():
    path, journal, name, rounds, hold = sys.argv[1:6]
    lock = NFSLock(path, *map(float, sys.argv[6:8]))
    with open(journal, "a") as file:
        for _ in range(int(rounds)):
            file.write(f"want {name} {time.monotonic_ns()}\n")
            file.flush()
            lock.acquire()
            file.write(f"enter {name} {time.monotonic_ns()}\n")
            file.flush()
            time.sleep(float(hold))
            file.write(f"leave {name} {time.monotonic_ns()}\n")
            file.flush()
            lock.release()
        file.write(f"done {name} {time.monotonic_ns()}\n")


if __name__ == "__main__":
    main()
