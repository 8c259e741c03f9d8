from __future__ import annotations

from collections.abc import Callable

import pytest

from hotloop.repos.suites import TestReport

JUNIT = """<?xml version="1.0"?>
<testsuites><testsuite>
<testcase classname="pkg.Case" name="good"/>
<testcase classname="pkg.Case" name="bad"><failure message="1 is not 2">trace</failure></testcase>
<testcase classname="pkg.Case" name="broken"><error>no set-up</error></testcase>
<testcase classname="pkg.Case" name="skipped"><skipped/></testcase>
<testcase name="alone"><system-out>noise</system-out></testcase>
</testsuite></testsuites>"""


def test_a_command_is_one_test(run_suite: Callable[..., TestReport]) -> None:
    good = run_suite("sh check.sh && echo done", {"check.sh": "exit 0\n"})
    assert good.outcomes == {"sh check.sh && echo done": "passed"}
    assert "done" in good.tail
    bad = run_suite("sh check.sh", {"check.sh": "echo it broke >&2\nexit 3\n"})
    assert bad.outcomes == {"sh check.sh": "failed"}
    assert (bad.exit_code, bad.problem) == (3, None)
    assert "it broke" in bad.failures["sh check.sh"]


def test_python_is_the_environments_and_the_tree_is_importable(run_suite: Callable[..., TestReport]) -> None:
    files = {"src/thing.py": "", "run.py": "import thing, sys\nassert sys.prefix != sys.base_prefix\n"}
    assert run_suite("python run.py", files, roots=["src"]).problem is None
    assert run_suite("python run.py", files, roots=["src"]).outcomes == {"python run.py": "passed"}


def test_junit_is_read_where_the_placeholder_stands(run_suite: Callable[..., TestReport]) -> None:
    report = run_suite("cp result.xml {junit}; exit 1", {"result.xml": JUNIT})
    assert report.outcomes == {
        "pkg.Case::good": "passed",
        "pkg.Case::bad": "failed",
        "pkg.Case::broken": "error",
        "pkg.Case::skipped": "skipped",
        "alone": "passed",
    }
    assert report.failures == {"pkg.Case::bad": "1 is not 2", "pkg.Case::broken": "no set-up"}
    assert report.problem is None


def test_a_result_file_of_the_tree_is_not_taken_for_the_runs(run_suite: Callable[..., TestReport]) -> None:
    """What `--junitxml` names is written elsewhere; a forged file at its place says nothing."""
    tests = "def test_a(): assert 1 == 2\n"
    report = run_suite("true; python -m pytest --junitxml=out.xml", {"out.xml": JUNIT, "test_a.py": tests})
    assert report.outcomes == {"test_a::test_a": "failed"}
    assert "assert 1 == 2" in report.failures["test_a::test_a"]
    assert run_suite("true; true --junitxml=out.xml", {"out.xml": JUNIT}).outcomes == {}


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<testsuite><testcase name="&b;"/></testsuite>'
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    '<testsuite><testcase name="&f;"/></testsuite>'
)


@pytest.mark.parametrize("xml", [BOMB, EXTERNAL, "<testsuite>", "", "\0", "<testsuite/>"])
def test_a_result_that_cannot_be_read_is_not_believed(run_suite: Callable[..., TestReport], xml: str) -> None:
    report = run_suite("cp result.xml {junit}", {"result.xml": xml})
    assert report.outcomes == {}
    assert report.problem is not None


@pytest.mark.parametrize(
    "command", ["true {junit}", "ln -s /etc/passwd {junit}", "truncate -s 1T {junit} || true"]
)
def test_a_result_that_is_missing_or_no_such_file_is_not_believed(
    run_suite: Callable[..., TestReport], command: str
) -> None:
    assert run_suite(command, {"a": ""}).problem is not None


def test_what_a_terminal_obeys_is_not_kept(run_suite: Callable[..., TestReport]) -> None:
    report = run_suite(r"printf '\033[2Jboo'; exit 1", {"a": ""})
    assert "\x1b" not in report.tail
    assert "boo" in report.tail
