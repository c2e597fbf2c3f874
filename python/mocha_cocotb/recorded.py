"""Records which environment variables are read: who loads something before a fork has read them for all."""

import contextlib
import os


@contextlib.contextmanager
def recorded_variables():
    """The set of the names that are read meanwhile."""
    names = set()

    class Recorder(dict):
        def __getitem__(self, key):
            names.add(os.fsdecode(key))
            return super().__getitem__(key)

    os.environ._data = Recorder(os.environ._data)
    try:
        yield names
    finally:
        os.environ._data = dict(os.environ._data)
