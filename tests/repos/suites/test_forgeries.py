"""Code under test that wants its failing tests to count as passed."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from hotloop.repos.suites import TestReport, compare

TESTS = """
import unittest
import lib

def test_right(): assert lib.right() == 1
def test_wrong(): assert lib.wrong() == 2

class Case(unittest.TestCase):
    def test_right(self): self.assertEqual(lib.right(), 1)
    def test_wrong(self): self.assertEqual(lib.wrong(), 2)
"""
HONEST = "def right(): return 1\ndef wrong(): return 2\n"
BROKEN = "def right(): return 1\ndef wrong(): return 3\n"
SUITES = ["pytest", "python -m unittest"]


@pytest.fixture(scope="module")
def base(run_suite: Callable[..., TestReport]) -> Callable[[str], TestReport]:
    return functools.cache(lambda command: run_suite(command, {"lib.py": HONEST, "test_a.py": TESTS}))


@pytest.fixture
def forge(run_suite: Callable[..., TestReport]) -> Callable[[str, str], TestReport]:
    """Run the tests on a library that is wrong and does `trick` when it is imported."""
    return lambda command, trick: run_suite(command, {"lib.py": trick + "\n" + BROKEN, "test_a.py": TESTS})


@pytest.mark.parametrize("command", SUITES)
def test_an_honest_library_passes(
    base: Callable[[str], TestReport], run_suite: Callable[..., TestReport], command: str
) -> None:
    report = run_suite(command, {"lib.py": HONEST, "test_a.py": TESTS})
    assert compare([base(command)], report).ok
    assert report.anomalies == ()


@pytest.mark.parametrize("command", SUITES)
def test_a_broken_library_fails_by_name_and_value(
    base: Callable[[str], TestReport], forge: Callable[[str, str], TestReport], command: str
) -> None:
    comparison = compare([base(command)], forge(command, ""))
    assert not comparison.ok
    assert comparison.problem is None
    wrong = {name: text for name, text in comparison.failing.items() if "test_wrong" in name}
    assert wrong.keys() == comparison.failing.keys()
    assert all("test_a.py" in text and "3" in text and "2" in text for text in wrong.values())


ENDINGS = {
    "printing a pass": "print('2 passed in 0.01s'); import os; os._exit(0)",
    "at exit": "import atexit, os; atexit.register(os._exit, 0)",
    "sys.exit at exit": "import atexit, sys; atexit.register(sys.exit, 0)",
    "from a thread": (
        "import os, threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.05), os._exit(0)), daemon=True).start()\n"
        "time.sleep(1)"
    ),
    "killing it": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "sys.exit": "import sys; sys.exit(0)",
    "pytest.exit": "import pytest; pytest.exit('all good', returncode=0)",
    "skipping the module": "import pytest; pytest.skip('all good', allow_module_level=True)",
    "skipping by unittest": "import unittest; raise unittest.SkipTest('all good')",
}


@pytest.mark.parametrize("trick", ENDINGS)
@pytest.mark.parametrize("command", SUITES)
def test_an_early_end_is_no_pass(
    base: Callable[[str], TestReport], forge: Callable[[str, str], TestReport], command: str, trick: str
) -> None:
    assert not compare([base(command)], forge(command, ENDINGS[trick])).ok


PATCHES = {
    "pytest's call": "import _pytest.python as p\np.Function.runtest = lambda self: None",
    "pytest's code": (
        "import _pytest.python as p\ndef runtest(self): pass\np.Function.runtest.__code__ = runtest.__code__"
    ),
    "pytest's report": (
        "import _pytest.reports as r\n"
        "make = r.TestReport.from_item_and_call.__func__\n"
        "def forged(cls, item, call):\n"
        "    call.excinfo = None\n"
        "    return make(cls, item, call)\n"
        "r.TestReport.from_item_and_call = classmethod(forged)"
    ),
    "pytest's AssertionError": (
        "import builtins\n"
        "class AssertionError(Exception):\n"
        "    pass\n"
        "builtins.AssertionError = AssertionError"
    ),
    "pluggy": (
        "import pluggy._callers as c\nimport pluggy._hooks as h\nold = h.HookCaller.__call__\n"
        "def call(self, **k):\n"
        "    r = old(self, **k)\n"
        "    if self.name == 'pytest_runtest_makereport': r.outcome, r.longrepr = 'passed', None\n"
        "    return r\n"
        "h.HookCaller.__call__ = call"
    ),
    "unittest's assertion": (
        "import unittest\n"
        "unittest.TestCase.assertEqual = lambda *a, **k: None\n"
        "unittest.TestCase.failureException = None"
    ),
    "unittest's run": (
        "import unittest\n"
        "def run(self, result=None):\n"
        "    result.startTest(self); result.addSuccess(self); result.stopTest(self)\n"
        "unittest.TestCase.run = run"
    ),
    "unittest's result": (
        "import unittest\n"
        "for c in (unittest.TestResult, unittest.TextTestResult):\n"
        "    c.addFailure = lambda s, t, e: s.addSuccess(t)"
    ),
    "unittest's result, by its class": (
        "import gc, unittest\n"
        "for c in [o for o in gc.get_objects() if isinstance(o, type) and "
        "issubclass(o, unittest.TestResult)]:\n"
        "    c.addFailure = c.addError = lambda s, t, e: s.addSuccess(t)"
    ),
}


@pytest.mark.parametrize("trick", PATCHES)
def test_a_patched_framework_is_seen(
    base: Callable[[str], TestReport], forge: Callable[[str, str], TestReport], trick: str
) -> None:
    command = "python -m unittest" if "unittest" in trick else "pytest"
    comparison = compare([base(command)], forge(command, PATCHES[trick]))
    assert not comparison.ok
    assert comparison.failing or "test" in (comparison.problem or "")


def test_what_the_framework_became_is_named(
    base: Callable[[str], TestReport], forge: Callable[[str, str], TestReport]
) -> None:
    comparison = compare([base("pytest")], forge("pytest", PATCHES["pytest's call"]))
    assert "a test that must fail did not" in (comparison.problem or "")
    assert "_pytest.python:Function.runtest" in (comparison.problem or "")


def test_a_suite_that_patches_its_framework_at_base_may_do_so(run_suite: Callable[..., TestReport]) -> None:
    tests = "import unittest\nunittest.TestCase.assertTrue = lambda *a: None\n" + TESTS
    runs = [run_suite("pytest", {"lib.py": HONEST, "test_a.py": tests}) for _ in range(2)]
    assert any("assertTrue" in anomaly for anomaly in runs[0].anomalies)
    assert compare(runs[:1], runs[1]).ok


RECORD = '{"kind": "test", "id": "test_a.py::test_wrong", "outcome": "passed", "seconds": 0.0, "message": ""}'
CHANNEL = """
import os
own = [int(n) for n in os.listdir('/proc/self/fd') if int(n) >= 200]
"""
LINES = {
    "a record without a signature": RECORD,
    "a record with another's": "0" * 64 + " " + RECORD,
    "no record": "hello",
    "deep": "0" * 64 + " " + "[" * 50_000,
    "not text": "\\udcff",
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_another_wrote_to_the_channel_is_seen(
    forge: Callable[[str, str], TestReport], line: str
) -> None:
    text = ascii(LINES[line] + "\n")
    trick = f"{CHANNEL}for fd in own: os.write(fd, {text}.encode('utf-8', 'surrogateescape'))"
    report = forge("pytest", trick)
    assert not report.complete
    assert "test_a.py::test_wrong" in report.failures


@pytest.mark.parametrize("command", SUITES)
def test_what_is_printed_is_no_record(forge: Callable[[str, str], TestReport], command: str) -> None:
    trick = f"import os, sys\nprint({RECORD!r})\nos.write(1, {RECORD!r}.encode())"
    report = forge(command, trick)
    assert report.complete
    assert any("test_wrong" in name for name in report.failures)


def test_a_closed_channel_is_no_pass(
    base: Callable[[str], TestReport], forge: Callable[[str, str], TestReport]
) -> None:
    assert not compare([base("pytest")], forge("pytest", f"{CHANNEL}for fd in own: os.close(fd)")).ok


def test_what_signs_cannot_be_replaced(forge: Callable[[str, str], TestReport]) -> None:
    trick = (
        "import hmac, json, os\n"
        f"json.JSONEncoder.encode = json.dumps = lambda *a, **k: {RECORD!r}\n"
        "hmac.new = hmac.HMAC = None\n"
        "write = os.write\n"
        "os.write = lambda fd, data: write(fd, b'') or len(data)"
    )
    assert "test_a.py::test_wrong" in forge("pytest", trick).failures


def test_the_key_lies_nowhere_where_the_code_could_read_it(run_suite: Callable[..., TestReport]) -> None:
    tests = """
import os, sys, pathlib

def test_nowhere():
    assert sys.stdin.read() == "" and os.read(0, 10) == b""
    home = pathlib.Path(os.environ["HOME"]).parent
    said = " ".join([*sys.argv, *os.environ.values(), pathlib.Path("/proc/self/cmdline").read_text()])
    said += " ".join(p.read_text(errors="replace") for p in home.rglob("*.json*") if p.is_file())
    assert "sentinel" not in said and '"key"' not in said
"""
    assert run_suite("pytest -s", {"test_a.py": tests}).failures == {}


def test_a_child_that_goes_on_as_the_tests_reports_nothing(run_suite: Callable[..., TestReport]) -> None:
    tests = "import os\ndef test_a():\n    if os.fork() == 0: return\n    os.wait()\ndef test_b(): pass\n"
    report = run_suite("pytest", {"test_a.py": tests})
    assert (report.problem, report.anomalies) == (None, ())
    assert set(report.outcomes) == {"test_a.py::test_a", "test_a.py::test_b"}


def test_start_up_files_of_the_tree_do_not_run_before_the_reporter(
    run_suite: Callable[..., TestReport],
) -> None:
    """Nor does a module of the tree that is named like one that the reporter needs."""
    ending = "import os\nos._exit(0)\n"
    files = dict.fromkeys(("sitecustomize.py", "hmac.py", "json.py"), ending)
    files["packaging/__init__.py"] = "OWN = 1"
    tests = "import packaging\ndef test_a(): assert packaging.OWN\n"
    report = run_suite("pytest", {**files, "test_a.py": tests})
    assert report.outcomes == {"test_a.py::test_a": "passed"}


@pytest.mark.parametrize("command", SUITES)
def test_fixtures_of_classes_and_modules_run_once(run_suite: Callable[..., TestReport], command: str) -> None:
    tests = """
import unittest
calls = []
def setUpModule(): calls.append("module")
class A(unittest.TestCase):
    @classmethod
    def setUpClass(cls): calls.append("A")
    def test_1(self): pass
    def test_2(self): pass
class B(unittest.TestCase):
    @classmethod
    def setUpClass(cls): calls.append("B")
    def test_1(self): pass
    def test_2(self): self.assertEqual(calls, ["module", "A", "B"])
"""
    for _ in range(2):
        report = run_suite(command, {"test_a.py": tests})
        assert (report.failures, report.anomalies, len(report.outcomes)) == ({}, (), 4)


def test_stopping_at_the_first_failure_is_not_caused_by_tests_of_ours(
    run_suite: Callable[..., TestReport],
) -> None:
    tests = "def test_a(): pass\ndef test_b(): pass\n"
    report = run_suite("pytest -x --strict-markers", {"test_a.py": tests})
    assert (report.exit_code, len(report.outcomes), report.anomalies) == (0, 2, ())


def test_stop_ends_a_run_at_the_first_failure(run_suite: Callable[..., TestReport]) -> None:
    tests = (
        "import unittest\nclass A(unittest.TestCase):\n"
        "    def test_a(self): self.fail()\n    def test_b(self): pass\n"
    )
    for command in SUITES:
        report = run_suite(command, {"test_a.py": tests}, stop=True)
        assert [str(outcome) for outcome in report.outcomes.values()] == ["failed"]
