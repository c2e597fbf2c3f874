"""Tells the user's Python modules from those of the environment."""

from __future__ import annotations

import os
import sys
from types import ModuleType

OWN = __package__


def is_trusted(module: ModuleType, trusted: list[str]) -> bool:
    """Whether a module belongs to Python or to an installed package, which nobody edits during a run."""
    spec = getattr(module, "__spec__", None)
    if spec is None:
        return False
    if spec.origin in ("built-in", "frozen"):
        return True
    if spec.origin is not None and spec.has_location:
        return is_inside(spec.origin, trusted)
    # A namespace package: trusted if all its parts are.
    return spec.submodule_search_locations is not None and all(
        is_inside(folder, trusted) for folder in spec.submodule_search_locations
    )


def is_inside(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(folder + os.sep) for folder in folders)


def user_files(trusted: list[str]) -> list[tuple[str, tuple]]:
    """The files of the user's modules that are loaded now, each with what tells a change."""
    files = []
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if path is not None and name.split(".")[0] != OWN and not is_trusted(module, trusted):
            files.append((path, identity(path)))
    return files


def first_changed(files: list[tuple[str, tuple]]) -> str | None:
    return next((path for path, before in files if identity(path) != before), None)


def identity(path: str) -> tuple:
    try:
        status = os.stat(path)
    except OSError as error:
        return (error.errno,)
    # The time of the last change can't be set back, as an editor's or an archiver's copy sets that of the last write.
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def forget_folders(trusted: list[str]) -> None:
    """Have Python look anew into the user's folders: one that changed within a tick of its clock would keep its old list."""
    for path, finder in sys.path_importer_cache.items():
        if hasattr(finder, "invalidate_caches") and not is_inside(path, trusted):
            finder.invalidate_caches()
