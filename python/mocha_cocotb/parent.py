"""The pipes between a server of warm starts and its parent: commands come in, answers go out, in lines of JSON.

Each answer begins with a token, for a launcher may print lines of its own between them.
"""

from __future__ import annotations

import fcntl
import json
import os


class Parent:
    def __init__(self, token: str) -> None:
        """Take them away from where the simulator, Python or a test would find them; stdout goes where stderr does."""
        self.commands = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 100)
        self.answers = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 100)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(2, 1)
        os.close(null)
        self._token = token.encode()
        self._input = b""
        self._output = b""

    def read(self) -> list[dict] | None:
        """The commands that have come; None when there will be no more. To be called when there is something to read."""
        data = os.read(self.commands, 1 << 16)
        if not data:
            return None
        *lines, self._input = (self._input + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def tell(self, message: dict) -> None:
        """Say something with the next `flush`: what belongs together wakes our parent once."""
        self._output += b"%s%s\n" % (self._token, json.dumps(message).encode())

    def tell_started(self, id: int, pid: int) -> None:
        """Like `tell`; this and the next are said for every simulation, and json writes to many more pages than this does."""
        self._output += b'%s{"event":"started","id":%d,"pid":%d}\n' % (self._token, id, pid)

    def tell_ended(self, id: int, status: int, wall: float, cpu: float, memory: int) -> None:
        line = b'%s{"event":"ended","id":%d,"status":%d,"wall":%.3f,"cpu":%.3f,"memory":%d}\n'
        self._output += line % (self._token, id, status, wall, cpu, memory)

    def flush(self) -> None:
        while self._output:
            self._output = self._output[os.write(self.answers, self._output) :]
