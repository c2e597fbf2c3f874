"""Runs a program so many times, one after the other; without a program, forks only."""

import os
import sys

count = int(sys.argv[1])
command = sys.argv[2:]
for _ in range(count):
    if command:
        process = os.posix_spawn(command[0], command, os.environ)
    else:
        process = os.fork()
        if process == 0:
            os._exit(0)
    _, status = os.waitpid(process, 0)
    if status:
        sys.exit(f"wait status {status}")
