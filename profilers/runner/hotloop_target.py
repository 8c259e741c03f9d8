"""Loads the workload file and calls it. Runs beside target code: Python 3.9+, no dependencies.

Three forms are understood: `workload(state)` with an optional `setup(seed)` or
`setup(seed, size)`; the same with fewer parameters; and a script that hands its callables
to `timeit.repeat` or `timeit.timeit`, which are captured and never timed by it.
"""

import os
import random
import sys
import timeit


class NotAWorkload(Exception):
    """The file offers nothing that could be timed."""


class Target:
    """The captured callables. `kind` is "functions" or "timeit".

    size: what `setup(seed, size)` is asked for; None for the default of that parameter.
    """

    def __init__(self, kind, setup, workload, size=None):
        self.kind = kind
        self._setup = setup
        self._workload = workload
        self._setup_takes = _positional(setup) if setup is not None else 0
        self._workload_takes = _positional(workload)
        self._size = _size_arguments(setup, size)

    def setup(self, seed):
        """A fresh state. What takes no seed is given seeded global generators."""
        random.seed(seed)
        numpy = sys.modules.get("numpy")
        if numpy is not None and hasattr(numpy, "random"):
            numpy.random.seed(seed % 2**32)
        if self._setup is None:
            return seed if self._workload_takes else None
        return self._setup(seed, **self._size) if self._setup_takes else self._setup()

    def default_size(self):
        """The size that `setup` has of itself; None where it takes none, or none that is a number."""
        values = getattr(self._setup, "__defaults__", None) or ()
        code = getattr(self._setup, "__code__", None)
        names = code.co_varnames[: code.co_argcount] if code is not None else ()
        first = len(names) - len(values)
        found = {names[first + number]: value for number, value in enumerate(values)}
        found.update(getattr(self._setup, "__kwdefaults__", None) or {})
        size = found.get("size")
        return size if type(size) is int else None

    def timed_call(self, state):
        """The one call that counts. Profilers cut stacks at this frame."""
        return self._workload(state) if self._workload_takes else self._workload()


def load(source, path, roots, size=None):
    """Run the workload's `source`, known as `path`, with `roots` first on the import path."""
    sys.path[:0] = roots
    code = compile(source, path, "exec")
    script = "timeit" in source
    namespace = {"__name__": "__main__" if script else "__hotloop_workload__", "__file__": path}
    captured = []
    restore = _capture_timeit(captured) if script else None
    try:
        exec(code, namespace)
    finally:
        if restore is not None:
            restore()
    if captured:
        return Target("timeit", *captured[0], size=size)
    if callable(namespace.get("workload")):
        return Target("functions", namespace.get("setup"), namespace["workload"], size)
    raise NotAWorkload("no function `workload` and no call of timeit.repeat in %s" % os.path.basename(path))


def _capture_timeit(captured):
    """Take the callables that the script wants timed; it gets times of zero back."""
    originals = timeit.repeat, timeit.timeit

    def take(stmt, setup):
        if not callable(stmt) or not (setup is None or callable(setup) or setup == "pass"):
            raise NotAWorkload("timeit was given source text, not functions")
        captured.append((setup if callable(setup) else None, stmt))

    def repeat(stmt="pass", setup="pass", timer=None, repeat=5, *rest, **named):
        take(stmt, setup)
        return [0.0] * max(1, repeat)

    def once(stmt="pass", setup="pass", *rest, **named):
        take(stmt, setup)
        return 0.0

    timeit.repeat, timeit.timeit = repeat, once

    def restore():
        timeit.repeat, timeit.timeit = originals

    return restore


def _positional(function):
    """How many positional arguments to pass: 0 or 1."""
    code = getattr(function, "__code__", None)
    if code is None:
        return 1
    bound = 1 if getattr(function, "__self__", None) is not None else 0
    return min(1, max(0, code.co_argcount - bound))


def _size_arguments(setup, size):
    """How to hand `size` to `setup(seed, size)`, whose second parameter has that name."""
    code = getattr(setup, "__code__", None)
    bound = 1 if getattr(setup, "__self__", None) is not None else 0
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code is not None else ()
    if "size" not in names[bound + 1 :]:
        if size is not None:
            raise NotAWorkload("a size was asked for, and there is no setup(seed, size)")
        return {}
    if size is not None:
        return {"size": size}
    positional = names[: code.co_argcount]
    defaulted = positional[len(positional) - len(setup.__defaults__ or ()) :]
    if "size" not in defaulted and "size" not in (setup.__kwdefaults__ or {}):
        raise NotAWorkload("setup(seed, size) was asked for no size: give `size` a default")
    return {}


def loaded_modules(names):
    """Where each loaded module of the repository really came from: [name, real path]."""
    found = []
    for name, module in sorted(sys.modules.items()):
        if name.split(".")[0] in names:
            path = getattr(module, "__file__", None)
            if path is not None:
                found.append([name, os.path.realpath(path)])
    return found
