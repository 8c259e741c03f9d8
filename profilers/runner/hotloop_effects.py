"""What a call leaves behind beside its result, as far as Python can see it.

Runs beside target code: Python 3.9+, no dependencies.
"""

import atexit
import contextlib
import gc
import hashlib
import locale
import os
import random
import signal
import sys
import tempfile
import warnings

import hotloop_threads

SHOWN = 200
READ = 1 << 20
EVENTS = 500
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MOVES = {
    "os.remove": "removed", "os.rmdir": "removed", "os.mkdir": "made", "os.rename": "renamed",
    "os.link": "linked", "os.symlink": "linked", "os.chmod": "changed mode of", "os.truncate": "truncated",
    "shutil.rmtree": "removed",
}  # fmt: skip
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_STARTS = (
    "subprocess.Popen",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.system",
    "os.exec",
    "socket.connect",
)


class Watch:
    """Begins with `start` and ends with `stop`; made once for a process, for a hook of it never goes away.

    roots: folders whose names are left out of paths, so that both sides say the same.
    """

    def __init__(self, roots):
        self.roots = [root.rstrip("/") + "/" for root in roots]
        self.on = False
        self.events = []
        self.streams = {"stdout": _captured(1), "stderr": _captured(2)}
        self.before = {}
        self.caught = None
        self.threads = None
        sys.addaudithook(self._hear)

    def _hear(self, event, arguments):
        if not self.on or len(self.events) >= EVENTS:
            return
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, (str, bytes)):
                written = (isinstance(flags, int) and flags & _WRITES) or (mode and set("wax+") & set(mode))
                self.events.append(("written" if written else "read", os.fsdecode(path)))
        elif event in _MOVES:
            self.events.append(
                (_MOVES[event], " ".join(os.fspath(a) for a in arguments if isinstance(a, str)))
            )
        elif event in _STARTS:
            self.events.append(("started", event))

    def hold_threads(self):
        """From now on, threads that go on after a call are found however quick they are."""
        if self.threads is None:
            self.threads = hotloop_threads.Keeper()

    def start(self):
        seed()
        self.before = state()
        self._drain()
        self.caught = warnings.catch_warnings(record=True)
        self.warned = self.caught.__enter__()
        warnings.simplefilter("always")
        del self.events[:]
        self.on = True
        if self.threads is not None:
            self.threads.start()

    def stop(self):
        """{what: text} of all that the call left changed. Texts of both sides can be compared."""
        self.on = False
        self.caught.__exit__(None, None, None)
        after = state()
        found = {name: after[name] for name in after if after[name] != self.before[name]}
        going_on = 0 if self.threads is None else self.threads.stop()
        if going_on:
            found["threads"] = "leaves %d running" % going_on
        found.update({name: shown(data) for name, data in self._drain().items() if data})
        if self.warned:
            texts = ["%s: %s" % (one.category.__name__, one.message) for one in self.warned]
            found["warnings"] = shown("; ".join(texts).encode("utf-8", "replace"))
        found.update(self._files())
        return found

    def empty(self):
        """Drop what was printed."""
        self._drain()

    def _drain(self):
        return {name: stream() for name, stream in self.streams.items()}

    def _files(self):
        changed, read, started = [], [], []
        for what, path in dict.fromkeys(self.events):
            if _is_import(path):
                continue
            if what == "started":
                started.append(path)
            elif what == "read":
                read.append(self._named(path))
            else:
                changed.append(
                    "%s %s%s" % (what, self._named(path), _content(path) if what == "written" else "")
                )
        groups = {"files changed": changed, "files read": read, "processes and connections": started}
        return {
            name: shown("; ".join(sorted(rows)).encode("utf-8", "replace"))
            for name, rows in groups.items()
            if rows
        }

    def _named(self, path):
        full = os.path.abspath(path)
        root = next((root for root in self.roots if full.startswith(root)), "")
        return full[len(root) :]


def _is_import(path):
    """Whether it is what the interpreter reads and writes to load a module."""
    prefix = sys.pycache_prefix
    in_cache = "__pycache__" in path or (prefix is not None and path.startswith(prefix))
    return in_cache or path.endswith((".py", ".pyc", ".so"))


def seed():
    """The global generators start each call from one state."""
    random.seed(20)
    numpy = _numpy_random()
    if numpy is not None:
        numpy.seed(20)


def state():
    """{what: text} of what belongs to the whole process."""
    numpy = _numpy_random()
    return {
        "random state": _hash(repr(random.getstate())),
        "numpy's random state": "" if numpy is None else _hash(repr(numpy.get_state())),
        "environment": shown(repr(sorted(os.environ.items())).encode("utf-8", "replace")),
        "working folder": _working_folder(),
        "locale": str(locale.setlocale(locale.LC_ALL)),
        "signal handlers": _handlers(),
        "child processes": _children(),
        "recursion limit": str(sys.getrecursionlimit()),
        "switch interval": str(sys.getswitchinterval()),
        "import path": shown(repr(sys.path).encode("utf-8", "replace")),
        "exit hooks": "%d exit hooks" % atexit._ncallbacks(),
        "garbage collection": "%s %s frozen %d" % (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()),
        "timers": " ".join("%d" % (signal.getitimer(kind)[0] > 0) for kind in _TIMERS),
        "collector's hooks": "%d hooks" % len(gc.callbacks),
        "trace functions": "%s %s" % (_name(sys.gettrace()), _name(sys.getprofile())),
        "standard streams": "%s %s" % (_name(sys.stdout), _name(sys.stderr)),
    }


def shown(data):
    """Bytes as a text that is short and yet differs where they do."""
    text = data[:SHOWN].decode("utf-8", "replace")
    return text if len(data) <= SHOWN else "%s... (%d bytes, %s)" % (text, len(data), _hash(data))


def _captured(number):
    """Send a standard stream to a file of no name; a function that gives what came since."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (open for as long as the process lives)
    os.dup2(file.fileno(), number)

    def drain():
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the target may have put anything there, or closed it
                stream.flush()
        size = os.fstat(file.fileno()).st_size
        data = os.pread(file.fileno(), min(size, READ), 0) + b"." * max(0, size - READ)
        os.ftruncate(file.fileno(), 0)
        os.lseek(number, 0, os.SEEK_SET)
        return data

    return drain


def _content(path):
    try:
        with open(path, "rb") as file:
            return " (%s)" % shown(file.read(READ))
    except OSError:
        return ""


def _hash(data):
    return hashlib.blake2b(data if isinstance(data, bytes) else data.encode(), digest_size=6).hexdigest()


def _name(value):
    return str(getattr(value, "__qualname__", type(value).__qualname__))


def _numpy_random():
    numpy = sys.modules.get("numpy")
    return getattr(numpy, "random", None)


def _working_folder():
    try:
        return os.getcwd()
    except OSError as error:
        return type(error).__name__


def _handlers():
    found = ((number, signal.getsignal(number)) for number in range(1, signal.NSIG))
    return ", ".join("%d %s" % (number, _name(h)) for number, h in found if callable(h))


def _children():
    try:
        with open("/proc/self/task/%d/children" % os.getpid()) as file:
            return "%d children" % len(file.read().split())
    except OSError:
        return ""
