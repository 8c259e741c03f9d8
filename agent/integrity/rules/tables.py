"""Names whose use is worth a line: what they are, why it matters, and whether it settles the matter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """names: dotted, each with all below it. certain: no speed-up of library code needs it."""

    kind: str
    why: str
    names: tuple[str, ...]
    certain: bool = False


CALLS = (
    Mark(
        "reads a clock or waits",
        "code that knows when it runs can act otherwise while it is timed",
        (
            "time.time", "time.time_ns", "time.perf_counter", "time.perf_counter_ns", "time.process_time",
            "time.process_time_ns", "time.monotonic", "time.monotonic_ns", "time.thread_time",
            "time.thread_time_ns", "time.clock_gettime", "time.clock_gettime_ns", "time.sleep", "timeit",
            "datetime.datetime.now", "datetime.datetime.utcnow", "os.times", "resource.getrusage",
        ),
    ),
    Mark(
        "looks at stack frames",
        "frames tell who calls, and so whether it is a test or a measurement",
        (
            "sys._getframe", "sys._getframemodulename", "sys._current_frames", "inspect.stack",
            "inspect.currentframe", "inspect.getouterframes", "inspect.getinnerframes", "inspect.trace",
            "traceback.extract_stack", "traceback.walk_stack", "traceback.print_stack",
            "traceback.format_stack",
        ),
    ),
    Mark(
        "reads its environment",
        "arguments, environment and process tell a measurement from real use",
        (
            "sys.argv", "sys.orig_argv", "os.environ", "os.environb", "os.getenv", "os.getpid", "os.getppid",
            "os.getcwd", "sys.gettrace", "sys.getprofile", "sys.getrefcount", "os.getloadavg",
            "os.sched_getaffinity", "threading.main_thread", "threading.enumerate", "sys.executable",
            "sys.prefix", "sys.flags", "sys.warnoptions", "sys._xoptions", "os.uname", "platform",
            "random.getstate",
        ),
    ),
    Mark(
        "searches the collector's objects",
        "the harness and its expected values are objects of the same process",
        ("gc.get_objects", "gc.get_referrers"),
        certain=True,
    ),
    Mark(
        "searches the process's objects",
        "the harness and its expected values are objects of the same process",
        (
            "gc.get_referents", "sys.modules", "inspect.getsource",
            "inspect.getmodule", "inspect.getsourcefile",
        ),
    ),
    Mark(
        "registers an exit hook",
        "work put off until the process ends is not in the time that is measured",
        ("atexit.register", "atexit._run_exitfuncs", "threading._register_atexit"),
        certain=True,
    ),
    Mark(
        "ends the process",
        "a process that ends itself takes the tests that would have failed with it",
        ("os._exit", "os.abort"),
        certain=True,
    ),
    Mark(
        "ends the process by an exception",
        "library code that exits takes its caller with it",
        ("sys.exit", "builtins.exit", "builtins.quit", "os.kill", "os.killpg"),
    ),
    Mark(
        "handles signals or finalizers",
        "what they run comes when no one measures",
        (
            "signal.signal", "signal.setitimer", "signal.alarm", "signal.raise_signal", "weakref.finalize",
            "os.register_at_fork", "multiprocessing.util.Finalize",
        ),
    ),
    Mark(
        "watches or traces the interpreter",
        "a tracer sees, and slows or steers, everything that runs, the harness too",
        (
            "sys.settrace", "sys.setprofile", "threading.settrace", "threading.setprofile",
            "threading.settrace_all_threads", "threading.setprofile_all_threads", "sys.monitoring",
            "sys.addaudithook", "sys._settraceallthreads", "sys._setprofileallthreads",
        ),
        certain=True,
    ),
    Mark(
        "starts threads, processes or tasks",
        "work that outlives a call, or runs beside it, is paid for by others",
        (
            "threading.Thread", "threading.Timer", "_thread.start_new_thread", "multiprocessing",
            "subprocess", "concurrent.futures", "os.fork", "os.forkpty", "os.posix_spawn",
            "os.posix_spawnp", "os.system", "os.popen", "os.execv", "os.execve", "os.execvp", "os.spawnv",
            "os.spawnve", "asyncio.create_task", "asyncio.ensure_future",
            "asyncio.to_thread", "asyncio.run",
        ),
    ),
    Mark(
        "changes how the interpreter runs",
        "a setting of the whole process changes other code, and is gone in the user's process",
        (
            "gc.freeze", "gc.set_threshold", "gc.collect", "sys.setrecursionlimit", "sys.setswitchinterval",
            "sys.set_int_max_str_digits", "sys.setdlopenflags", "os.nice", "os.sched_setaffinity",
            "os.sched_setscheduler", "resource.setrlimit", "threading.stack_size", "locale.setlocale",
            "warnings.filterwarnings", "warnings.simplefilter", "random.seed", "numpy.random.seed",
            "numpy.seterr", "tracemalloc",
        ),
    ),
    Mark(
        "changes how code is imported",
        "another module may run than the one that is read here",
        (
            "sys.meta_path", "sys.path_hooks", "sys.path_importer_cache", "sys.path", "importlib", "imp",
            "pkgutil", "runpy", "zipimport", "site", "builtins.__import__",
        ),
    ),
    Mark(
        "runs code made from text",
        "what runs cannot be read in the patch",
        ("builtins.eval", "builtins.exec", "builtins.compile", "types.CodeType", "types.FunctionType"),
    ),
    Mark(
        "loads objects from bytes",
        "unpickling runs what the bytes say, and such bytes may hold an answer",
        (
            "pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.load", "marshal.loads", "dill",
            "joblib.load",
        ),
    ),
    Mark(
        "writes to the output",
        "the output is part of what a program does, and a place to forge results in",
        (
            "builtins.print", "sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__", "os.write",
            "os.dup", "os.dup2", "os.close", "os.closerange",
        ),
    ),
    Mark(
        "lowers precision",
        "fewer bits are other results, which a tolerance may hide",
        (
            "numpy.float16", "numpy.float32", "numpy.half", "numpy.single", "numpy.complex64",
            "torch.float16", "torch.float32", "torch.bfloat16",
        ),
    ),
)  # fmt: skip
"""Every use counts: one more than base had is a finding."""

MODULES = (
    Mark(
        "talks to a network",
        "results may come from elsewhere, and nothing is reachable where it is measured",
        (
            "socket", "ssl", "urllib.request", "http.client", "http.server", "ftplib", "smtplib", "telnetlib",
            "xmlrpc", "requests", "httpx", "aiohttp", "urllib3", "websockets", "paramiko",
        ),
    ),
    Mark(
        "works with git",
        "the history holds other versions of this code, and perhaps the answer",
        ("git", "pygit2", "dulwich"),
    ),
    Mark(
        "looks at processes",
        "processes tell a measurement from real use",
        ("psutil", "__main__"),
    ),
    Mark(
        "runs native code",
        "native code reaches memory that Python code does not, the interpreter's own too",
        ("ctypes", "_ctypes", "cffi", "mmap"),
    ),
    Mark(
        "uses a test framework",
        "code that knows of tests can tell them from real use",
        ("pytest", "_pytest", "unittest", "nose", "doctest", "hypothesis"),
    ),
)  # fmt: skip
"""One use a file counts: more of it is nothing new."""
