from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from hotloop.repos.suites import TestReport, suite_for
from hotloop.sandboxes.base import Environment, Sandbox
from hotloop.sandboxes.local import LocalBackend

EVERYTHING = """
import pytest, unittest

def test_passes(): pass
def test_fails(): assert 1 + 1 == 3, "sums"
@pytest.mark.skip(reason="not now")
def test_skipped(): pass
@pytest.mark.xfail
def test_expected(): assert False
@pytest.mark.xfail
def test_surprise(): pass
@pytest.mark.xfail(strict=True)
def test_strict(): pass
@pytest.fixture
def broken(): raise RuntimeError("no set-up")
def test_setup(broken): pass
@pytest.fixture
def leaks():
    yield
    raise RuntimeError("no tear-down")
def test_teardown(leaks): pass
@pytest.mark.parametrize("value", ["ü", "a b", "x::y", "\\udc80", "n" * 3000])
def test_ids(value): pass
class TestClass:
    def test_method(self): pass
class Old(unittest.TestCase):
    def test_subtests(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertNotEqual(i, 1)
    def test_good_subtests(self):
        for i in range(3):
            with self.subTest(i=i):
                pass
"""


def short(report: TestReport) -> dict[str, str]:
    return {name.partition("::")[2]: str(outcome) for name, outcome in report.outcomes.items()}


def test_every_outcome_is_reported_by_id(run_suite: Callable[..., TestReport]) -> None:
    report = run_suite("pytest", {"test_all.py": EVERYTHING})
    outcomes = short(report)
    assert {name: outcome for name, outcome in outcomes.items() if not name.startswith("test_ids")} == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_skipped": "skipped",
        "test_expected": "xfailed",
        "test_surprise": "xpassed",
        "test_strict": "failed",
        "test_setup": "error",
        "test_teardown": "error",
        "TestClass::test_method": "passed",
        "Old::test_subtests": "failed",
        "Old::test_good_subtests": "passed",
    }
    ids = [name for name in outcomes if name.startswith("test_ids")]
    assert len(ids) == 5
    assert {outcomes[name] for name in ids} == {"passed"}
    assert (report.exit_code, report.complete, report.problem) == (1, True, None)
    assert TestReport.model_validate_json(report.model_dump_json()) == report


def test_a_failure_has_its_message_and_place(run_suite: Callable[..., TestReport]) -> None:
    report = run_suite("pytest", {"test_all.py": EVERYTHING})
    message = report.failures["test_all.py::test_fails"]
    assert "test_all.py:5:" in message
    assert "sums" in message
    assert "no set-up" in report.failures["test_all.py::test_setup"]
    assert set(report.failures) == {name for name, outcome in report.outcomes.items() if outcome.is_bad}


def test_messages_are_bounded(run_suite: Callable[..., TestReport]) -> None:
    report = run_suite("pytest", {"test_a.py": "def test_a():\n    raise ValueError('x' * 10**6)\n"})
    assert len(report.failures["test_a.py::test_a"]) <= 2048
    assert len(report.tail) <= 4096


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("syntax", "def test_a(:\n"),
        ("import", "import nothing_like_this\ndef test_a(): pass\n"),
        ("raise", "1/0\n"),
    ],
)
def test_a_file_that_cannot_be_collected_is_an_error(
    run_suite: Callable[..., TestReport], name: str, text: str
) -> None:
    report = run_suite("pytest", {"test_bad.py": text, "test_good.py": "def test_a(): pass\n"})
    assert report.outcomes["test_bad.py"] == "error"
    assert report.failures["test_bad.py"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("in a test", "import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\n"),
        ("at import", "import os\nos._exit(0)\n"),
        ("killed", "import os, signal\ndef test_a(): os.kill(os.getpid(), signal.SIGKILL)\n"),
        ("at exit", "import atexit, os\natexit.register(os._exit, 3)\ndef test_a(): pass\n"),
    ],
)
def test_a_run_that_ends_by_itself_is_not_believed(
    run_suite: Callable[..., TestReport], name: str, text: str
) -> None:
    report = run_suite("pytest", {"test_a.py": text})
    assert report.problem is not None


def test_a_run_that_takes_too_long_is_not_believed(run_suite: Callable[..., TestReport]) -> None:
    text = "import time\ndef test_a(): pass\ndef test_b(): time.sleep(600)\n"
    report = run_suite("pytest", {"test_a.py": text}, timeout=3.0)
    assert report.timed_out
    assert "did not end" in (report.problem or "")
    assert report.outcomes == {"test_a.py::test_a": "passed"}


def test_no_tests_is_a_problem(run_suite: Callable[..., TestReport]) -> None:
    assert run_suite("pytest", {"a.py": ""}).problem is not None


@pytest.mark.parametrize(
    "command",
    [
        "pytest",
        "python -m pytest",
        "python3 -m pytest -q",
        "/usr/bin/python3.11 -m pytest",
        "py.test -x",
        "pytest tests/test_*.py",
        "pytest 'tests/test_a.py::test_a[x y]'",
        "pytest -k 'test_a and not (nothing or other)'",
        "ANSWER=42 pytest tests",
    ],
)
def test_the_users_arguments_are_kept(run_suite: Callable[..., TestReport], command: str) -> None:
    text = "import pytest\n@pytest.mark.parametrize('v', ['x y'])\ndef test_a(v): pass\n"
    report = run_suite(command, {"tests/test_a.py": text})
    assert report.outcomes == {"tests/test_a.py::test_a[x y]": "passed"}


def test_assignments_before_the_command_reach_the_tests(run_suite: Callable[..., TestReport]) -> None:
    text = "import os\ndef test_a(): assert os.environ['ANSWER'] == '4 2'\n"
    assert run_suite("ANSWER='4 2' pytest", {"test_a.py": text}).problem is None


def test_the_working_folder_is_importable_with_python_m_only(run_suite: Callable[..., TestReport]) -> None:
    files = {"mod.py": "", "tests/test_a.py": "def test_a():\n    import mod\n", "pytest.ini": "[pytest]\n"}
    assert run_suite("python -m pytest", files, roots=[]).outcomes["tests/test_a.py::test_a"] == "passed"
    assert run_suite("pytest", files, roots=[]).outcomes["tests/test_a.py::test_a"] == "failed"


def test_import_roots_and_the_hash_seed_are_given(run_suite: Callable[..., TestReport]) -> None:
    text = "import os, thing\ndef test_a():\n    assert os.environ['PYTHONHASHSEED'] == '7'\n"
    report = run_suite("pytest", {"src/thing.py": "", "tests/test_a.py": text}, roots=["src"], hash_seed=7)
    assert report.outcomes == {"tests/test_a.py::test_a": "passed"}


def test_tests_run_in_the_tree_unless_a_folder_is_named(
    backend: LocalBackend, environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "test_a.py").write_text("def test_a(): pass\n")
    (tmp_path / "test_b.py").write_text("def test_b(): pass\n")
    with backend.start(environment, tmp_path, run_id="folder", writable=True) as sandbox:
        everything = suite_for("pytest").run(sandbox, import_roots=[], timeout=60)
        below = suite_for("pytest").run(sandbox, import_roots=[], timeout=60, cwd=sandbox.tree / "sub")
    assert set(everything.outcomes) == {"sub/test_a.py::test_a", "test_b.py::test_b"}
    assert set(below.outcomes) == {"test_a.py::test_a"}


def test_only_selected_tests_run(run_suite: Callable[..., TestReport]) -> None:
    report = run_suite("pytest", {"test_all.py": EVERYTHING}, select=["test_all.py::test_passes"])
    assert report.outcomes == {"test_all.py::test_passes": "passed"}


def test_the_tree_is_left_clean_and_the_cache_fixture_works(
    sandbox: Sandbox, place_for: Callable[..., PurePosixPath]
) -> None:
    place = place_for({"test_a.py": "def test_a(cache, tmp_path):\n    cache.set('a/b', 1)\n"})
    assert suite_for("pytest").run(sandbox, import_roots=[place], timeout=60, cwd=place).problem is None
    listed = sandbox.run(["ls", "-A"], cwd=place).stdout.decode().split()
    assert set(listed) <= {"test_a.py", "__pycache__"}


def test_a_pytest_that_the_tests_start_does_not_report(run_suite: Callable[..., TestReport]) -> None:
    text = (
        "import subprocess, sys\n"
        "def test_outer(tmp_path):\n"
        "    (tmp_path / 'test_inner.py').write_text('def test_inner(): assert False')\n"
        "    assert subprocess.run([sys.executable, '-m', 'pytest', str(tmp_path)]).returncode == 1\n"
        "    from pytest import main\n"
        "    assert main([str(tmp_path)]) == 1\n"
    )
    assert run_suite("pytest", {"test_a.py": text}).outcomes == {"test_a.py::test_outer": "passed"}
