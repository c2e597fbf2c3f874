"""How our code gets into a simulation, as a Python user of cocotb (PYGPI_USERS), and out of its sight again."""

from __future__ import annotations

import json
import os
import sys
from types import FrameType, ModuleType

SETTINGS = "MOCHA_COCOTB_SETTINGS"


def take_settings() -> dict:
    """What our parent told us. Undoes what brought us here, so that the simulation sees what it would see without us."""
    settings = json.loads(os.environ.pop(SETTINGS))
    folder = os.path.dirname(os.path.dirname(__file__))
    if folder in sys.path:
        sys.path.remove(folder)
    for name, value in settings["restore"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return settings


def remaining() -> tuple[str, ...]:
    """The users that cocotb would have without us."""
    named = tuple(name.strip() for name in os.environ.get("PYGPI_USERS", "").split(",") if name.strip())
    return named or default_users(sys.modules["pygpi.entry"])


def run_remaining() -> None:
    """Let cocotb go on with the users that it would have without us. To be called by the user that cocotb called."""
    run(remaining(), sys._getframe(2))


def run(users: tuple[str, ...], caller: FrameType) -> None:
    """Let cocotb go on with these users.

    They are put into the list that cocotb's own loop (`caller`) is working through, so that tracebacks are the usual ones.
    """
    entry = sys.modules["pygpi.entry"]
    queue = caller.f_locals.get("entry_points")
    if users and caller.f_code is entry.load_entry.__code__ and isinstance(queue, list):
        queue.extend(tuple(user.split(":")) for user in users)
    else:
        entry.load_entry()


def default_users(entry: ModuleType) -> tuple[str, ...]:
    """The users that cocotb starts when PYGPI_USERS is not set: a constant of its code."""
    for constant in entry.load_entry.__code__.co_consts:
        if isinstance(constant, tuple) and constant and all(isinstance(item, str) and ":" in item for item in constant):
            return constant
    return ()
