"""For each kind of finding: code that has it, and an honest twin that does not."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    kind: str
    added: str
    honest: str
    certain: bool = False


CASES = {
    "a clock set": Case(
        "replaces a clock",
        "import time\ntime.perf_counter = lambda: 0.0",
        "class Timer:\n    def __init__(self):\n        self.perf_counter = None",
        certain=True,
    ),
    "a clock set under another name": Case(
        "replaces a clock",
        "from timeit import default_timer\nimport timeit as t\nt.default_timer = default_timer",
        "def patch(time):\n    time = list(time)\n    time[0] = 1\n    return time",
        certain=True,
    ),
    "a clock set by setattr, in parts": Case(
        "replaces a clock",
        "def f():\n    setattr(__import__('time'), 'perf_' + 'counter', int)",
        "def f(row, name):\n    setattr(row, name, int)",
        certain=True,
    ),
    "a clock set through its dictionary": Case(
        "replaces a clock",
        "import time\nvars(time)['monotonic'] = int\ntime.__dict__.update(time=int)",
        "def f(time):\n    time['monotonic'] = int",
        certain=True,
    ),
    "a clock set through sys.modules": Case(
        "replaces a clock",
        "import sys\nsys.modules['time'].time = int",
        "TABLE = {}\nTABLE['time'] = int",
        certain=True,
    ),
    "a clock read": Case(
        "reads a clock or waits",
        "from time import perf_counter as now\ndef f(x):\n    return x if now() else None",
        "def f(x, now):\n    return x if now() else None",
    ),
    "a builtin set": Case(
        "replaces a builtin",
        "import builtins\nbuiltins.sorted = list",
        "sorted_rows = sorted\nbuiltin = len",
        certain=True,
    ),
    "a builtin set through __builtins__": Case(
        "replaces a builtin",
        "__builtins__['len'] = lambda x: 1",
        "names = {}\nnames['len'] = len",
        certain=True,
    ),
    "a part of the standard library": Case(
        "replaces a part of the standard library",
        "import json\njson.dumps = repr",
        "import logging\nlogging.raiseExceptions = False",
        certain=True,
    ),
    "the test framework": Case(
        "replaces a part of a test framework",
        "import unittest\nunittest.TestCase.assertEqual = print",
        "class TestCase:\n    pass\nTestCase.assertEqual = None",
        certain=True,
    ),
    "a whole module": Case(
        "replaces a whole module",
        "import sys\nsys.modules['random'] = object()",
        "modules = {}\nmodules['random'] = object()",
        certain=True,
    ),
    "another module's attribute": Case(
        "sets attributes of another module or class",
        "from . import config\nconfig.FAST = True",
        "from . import config\nFAST = config.FAST",
    ),
    "frames": Case(
        "looks at stack frames",
        "import sys\ndef f():\n    return sys._getframe(1)",
        "def f(frame):\n    return frame.size",
    ),
    "frames through an exception": Case(
        "looks at stack frames",
        "def f(error):\n    return error.__traceback__.tb_frame",
        "def f(error):\n    raise error from None",
    ),
    "a caller's globals": Case(
        "looks at stack frames",
        "def f(frame):\n    frame.f_back.f_globals['x'] = 1",
        "def f(frame):\n    frame.columns['x'] = 1",
        certain=True,
    ),
    "arguments and environment": Case(
        "reads its environment",
        "import os\ndef f():\n    return os.environ.get('FAST')",
        "import os\ndef f(a):\n    return os.path.join(a, 'b')",
    ),
    "the runner's module": Case(
        "detects the harness",
        "import sys\ndef f():\n    return 'hotloop_worker' in str(sys.path)",
        "def _hot_loop(rows):\n    return [row for row in rows]",
        certain=True,
    ),
    "the runner's variables": Case(
        "detects the harness",
        "import os\nSEED = os.environ.get('HOTLOOP_SEED')",
        "SEED = 3",
        certain=True,
    ),
    "Hotloop's name": Case(
        "names Hotloop", "TOOL = '/opt/hotloop/x'", "HOT = 'loop'\ndef hot_loop():\n    return HOT"
    ),
    "the running test's variable": Case(
        "detects the harness",
        "import os\nFAST = os.getenv('PYTEST_CURRENT_TEST')",
        "FAST = 'current test'",
        certain=True,
    ),
    "a test framework that is loaded": Case(
        "detects the harness",
        "import sys\ndef f():\n    return 'pytest' in sys.modules",
        "def f(modules):\n    return 'numpy' in modules",
        certain=True,
    ),
    "objects of the collector": Case(
        "searches the collector's objects",
        "import gc\ndef f():\n    return gc.get_objects()",
        "def f(gc):\n    return gc.get_objects()",
        certain=True,
    ),
    "objects of the process": Case(
        "searches the process's objects",
        "import sys\ndef f():\n    return list(sys.modules)",
        "import sys\ndef f():\n    return list(sys.byteorder)",
    ),
    "the caller's name": Case(
        "detects the harness",
        "def f(frame):\n    return frame.f_back.f_code.co_name == 'timed_call'",
        "def f(code, name):\n    return code.co_name == name",
        certain=True,
    ),
    "disguised code": Case(
        "runs disguised code",
        "exec(''.join(chr(ord(c) - 1) for c in 'jnqpsu!ujnf'))",
        "def f(names):\n    exec('\\n'.join(f'{name} = 1' for name in names))\nexec('x = 1')",
        certain=True,
    ),
    "disguised code under a name": Case(
        "runs disguised code",
        "import base64 as b\nT = 'eCA9IDE='\nCODE = b.b64decode(T)\nexec(CODE)",
        "T = 'x = 1'\nexec(T)\ndef f(text):\n    exec(bytes(text).decode())",
        certain=True,
    ),
    "a disguised text": Case(
        "disguises a text",
        "NAME = ''.join(map(chr, (112, 121)))",
        "def f(codes):\n    return ''.join(map(chr, codes))\nNAME = ', '.join(['a', 'b'])",
    ),
    "git": Case(
        "asks git",
        "import subprocess\nX = subprocess.run(['git', 'show', 'HEAD'])",
        "import subprocess\nX = subprocess.run(['digit'])",
        certain=True,
    ),
    "git's library": Case("works with git", "import git", "from . import git"),
    "a signal to itself": Case(
        "ends the process",
        "import os\ndef f():\n    os.kill(os.getpid(), 9)",
        "import os\ndef f(child):\n    return os.kill",
        certain=True,
    ),
    "an interrupt": Case(
        "ends the process by an exception",
        "def f():\n    raise KeyboardInterrupt",
        "def f(g):\n    try:\n        return g()\n    except KeyboardInterrupt:\n        raise",
    ),
    "a list that is none": Case(
        "poses as a builtin type",
        "class Lazy(list):\n    def __iter__(self):\n        return iter(())",
        "class Rows:\n    def __iter__(self):\n        return iter(())",
    ),
    "an exit hook": Case(
        "registers an exit hook",
        "import atexit\n@atexit.register\ndef later():\n    pass",
        "import contextlib\n@contextlib.contextmanager\ndef now():\n    yield",
        certain=True,
    ),
    "a process that ends itself": Case(
        "ends the process",
        "from os import _exit as done\ndef f():\n    done(0)",
        "def f():\n    raise ValueError('no')",
        certain=True,
    ),
    "an exit by an exception": Case(
        "ends the process by an exception",
        "def f():\n    raise SystemExit(0)",
        "def f():\n    raise StopIteration",
    ),
    "a finalizer": Case(
        "handles signals or finalizers",
        "import weakref\ndef f(x):\n    weakref.finalize(x, print)",
        "import weakref\ndef f(x):\n    return weakref.ref(x)",
    ),
    "work when an object is freed": Case(
        "runs code when an object is freed",
        "class A:\n    def __del__(self):\n        print(1)",
        "class A:\n    def close(self):\n        return 1",
    ),
    "a tracer": Case(
        "watches or traces the interpreter",
        "import sys\ndef f():\n    sys.settrace(None)",
        "import sys\ndef f():\n    return sys.maxsize",
        certain=True,
    ),
    "a thread": Case(
        "starts threads, processes or tasks",
        "import threading\ndef f(g):\n    threading.Thread(target=g).start()",
        "import threading\nLOCK = threading.Lock()\ndef f(g):\n    with LOCK:\n        return g()",
    ),
    "a pool": Case(
        "starts threads, processes or tasks",
        "from concurrent import futures\nPOOL = futures.ThreadPoolExecutor()",
        "def f(pool, g):\n    return pool.map(g)",
    ),
    "the collector off": Case(
        "switches the collector off",
        "import gc\ngc.disable()",
        "class gc:\n    pass\ndef f():\n    return gc",
        certain=True,
    ),
    "a cache decorator": Case(
        "keeps results from call to call",
        "import functools\n@functools.lru_cache(maxsize=None)\ndef f(x):\n    return x",
        "import functools\ndef f(n):\n    @functools.cache\n    def g(k):\n        return k\n    return g(n)",
    ),
    "a cache by a call": Case(
        "keeps results from call to call",
        "from functools import cache\ndef g(x):\n    return x\nf = cache(g)",
        "from functools import cache\ndef f(n, g):\n    known = cache(g)\n    return known(n)",
    ),
    "a cache in a global": Case(
        "keeps results from call to call",
        "SEEN = {}\ndef f(x):\n    SEEN[x] = x\n    return SEEN[x]",
        "SEEN = {1: 2}\ndef f(x):\n    seen = dict(SEEN)\n    seen[x] = x\n    return seen",
    ),
    "a global that is set": Case(
        "keeps results from call to call",
        "last = None\ndef f(x):\n    global last\n    last = x",
        "last = None\ndef f(x):\n    last = x\n    return last",
    ),
    "a global under a local name": Case(
        "keeps results from call to call",
        "SEEN = {}\ndef f(x):\n    seen = SEEN\n    seen.setdefault(x, 1)",
        "SEEN = {}\ndef f(x):\n    seen = {**SEEN}\n    seen.setdefault(x, 1)",
    ),
    "a cache in a closure that lives on": Case(
        "keeps results from call to call",
        "def memo(f):\n    seen = {}\n    def g(x):\n        seen[x] = f(x)\n    return g",
        "def f(n):\n    seen = {}\n    def g(x):\n        seen[x] = x\n    return g(n)",
    ),
    "a function's attribute": Case(
        "keeps results from call to call",
        "def f(x):\n    f.last = x",
        "def f(x):\n    return x\nf.short = 'f'",
    ),
    "globals()": Case(
        "keeps results from call to call",
        "def f(x):\n    globals()['last'] = x",
        "def f(x):\n    return globals()['f']",
    ),
    "an identity as a key": Case(
        "goes by an object's identity",
        "def f(x, seen):\n    return seen[id(x)]",
        "def f(x, seen):\n    return seen[x.id]",
    ),
    "a default that is written to": Case(
        "keeps results in a default argument",
        "def f(x, seen={}):\n    seen[x] = x\n    return seen[x]",
        "def f(x, seen=None):\n    seen = seen or {}\n    seen[x] = x\n    return seen[x]",
    ),
    "an attribute of the class": Case(
        "keeps results on a class",
        "class A:\n    known = {}\n    def f(self, x):\n        type(self).known[x] = x",
        "class A:\n    known = {}\n    def f(self, x):\n        return self.known[x]",
    ),
    "an attribute of the object": Case(
        "keeps results on an object",
        "class A:\n    def f(self):\n        self._size = 1\n        return self._size",
        "class A:\n    def __init__(self):\n        self._size = 1\n    def f(self):\n        return 1",
    ),
    "an attribute of an argument": Case(
        "keeps results on an object",
        "def f(node):\n    node._seen = True",
        "def f(node):\n    seen = node\n    return seen",
    ),
    "files": Case(
        "writes files",
        "def f(x):\n    with open('x.bin', 'wb') as file:\n        file.write(x)",
        "def f(x):\n    with open('x.bin', 'rb') as file:\n        return file.read()",
    ),
    "temporary files": Case(
        "writes files", "import tempfile\ndef f():\n    return tempfile.mkdtemp()", "def f():\n    return []"
    ),
    "shared memory": Case("names shared memory", "P = '/dev/shm/x'", "P = 'dev/shm/x'"),
    "git's files": Case("names git's files", "P = '../.git/HEAD'", "P = 'x.github.io'"),
    "places of the system": Case("names a place of the system", "P = '/proc/self/stat'", "P = '/process'"),
    "its own place": Case(
        "reads where its own file lies", "P = __file__", "import string\nP = string.ascii_letters"
    ),
    "exceptions forgotten": Case(
        "swallows every exception",
        "def f(x):\n    try:\n        return x()\n    except Exception:\n        return None",
        "def f(x):\n    try:\n        return x()\n    except KeyError:\n        return None",
    ),
    "exceptions suppressed": Case(
        "swallows every exception",
        "import contextlib\ndef f(x):\n    with contextlib.suppress(Exception):\n        x()",
        "import contextlib\ndef f(x):\n    with contextlib.suppress(KeyError):\n        x()",
    ),
    "settings of the process": Case(
        "changes how the interpreter runs",
        "import sys\nsys.setrecursionlimit(10 ** 6)",
        "def f(sys):\n    sys.setrecursionlimit(1)",
    ),
    "import hooks": Case(
        "changes how code is imported",
        "import sys\nsys.meta_path.insert(0, object())",
        "def f():\n    import decimal\n    return decimal.Decimal(1)",
    ),
    "native code": Case("runs native code", "import ctypes", "import struct"),
    "code from text": Case(
        "runs code made from text",
        "def f(text):\n    return eval(text)",
        "import re\nWORD = re.compile('a+')\ndef f(x):\n    return x.eval()",
    ),
    "pickles": Case(
        "loads objects from bytes",
        "import pickle\ndef f(x):\n    return pickle.loads(x)",
        "import json\ndef f(x):\n    return json.loads(x)",
    ),
    "equal to everything": Case(
        "compares the same whatever it is compared with",
        "class A:\n    def __eq__(self, other):\n        return True",
        "class A:\n    def __eq__(self, other):\n        return self.x == other.x",
    ),
    "made when asked": Case(
        "makes parts only when asked",
        "class A:\n    def __getattr__(self, name):\n        return 1",
        "class A:\n    def get(self, name):\n        return 1",
    ),
    "another type": Case(
        "says what it is or how it is copied",
        "class A(list):\n    @property\n    def __class__(self):\n        return list",
        "class A(list):\n    @property\n    def kind(self):\n        return list",
    ),
    "swapped code": Case(
        "swaps an object's code or type",
        "def f(g, h):\n    g.__code__ = h.__code__",
        "def f(g):\n    return g.__code__",
    ),
    "a long text": Case("a large constant", f"T = {'x' * 2000!r}", f"T = 'x' * 2000\n'''{'x' * 2000}'''"),
    "a long table": Case("a large constant", f"T = {list(range(300))!r}", "T = list(range(300))"),
    "a blob": Case(
        "decodes a blob at import",
        "import zlib\nT = zlib.decompress(b'x')",
        "import zlib\ndef f(x):\n    return zlib.decompress(x)",
    ),
    "one size": Case(
        "singles out one input",
        "def f(x):\n    if len(x) == 4711:\n        return 0\n    return x",
        "def f(x):\n    if len(x) > 4711:\n        return 0\n    return x if x != 2 else 3",
    ),
    "one digest": Case("singles out one input", f"KNOWN = {'ab' * 20!r}", "KNOWN = 'abc'"),
    "a network": Case(
        "talks to a network",
        "def f():\n    import socket\n    return socket",
        "def f(socket):\n    return socket.recv()",
    ),
    "other processes": Case("looks at processes", "import psutil", "import process_utils"),
    "a test framework": Case("uses a test framework", "from unittest import mock", "from . import mock"),
    "a stream by its number": Case(
        "uses a stream by its number",
        "import os\ndef f(x):\n    os.write(1, x)",
        "import os\ndef f(fd, x):\n    os.write(fd, x)",
        certain=True,
    ),
    "output": Case("writes to the output", "def f(x):\n    print(x)", "def f(x, print):\n    print(x)"),
    "precision": Case(
        "lowers precision",
        "import numpy as np\ndef f(x):\n    return x.astype(np.float32)",
        "import numpy as np\ndef f(x):\n    return x.astype(np.float64)",
    ),
}
