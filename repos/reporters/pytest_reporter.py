"""Run pytest in this process and write what each test did, one JSON object a line.

    python pytest_reporter.py CONFIG

CONFIG is a JSON file: {"output": path, "arguments": [...], "add_cwd": bool,
"select": [ids] or null}. Started by path instead of loaded with `-p`: no folder
of ours goes on the import path, and a pytest that the tests start themselves
does not report here.

Lines: {"kind": "test", "id", "outcome", "seconds", "message"} for each phase
that says something, {"kind": "end", "exit", "tests"} at the very end: without
it the run was cut short.
"""

import glob
import json
import os
import sys

LONGEST_MESSAGE = 2000  # characters
LONGEST_ID = 1000


class Reporter:
    """A pytest plugin. With xdist only the controller has it, and it sees every worker's reports."""

    def __init__(self, output, select):
        self.output = output
        self.select = None if select is None else frozenset(select)
        self.seen = set()

    def write(self, **record):
        self.output.write(json.dumps(record) + "\n")
        self.output.flush()

    def pytest_collection_modifyitems(self, config, items):
        if self.select is not None:
            dropped = [item for item in items if item.nodeid not in self.select]
            config.hook.pytest_deselected(items=dropped)
            items[:] = [item for item in items if item.nodeid in self.select]

    def pytest_collectreport(self, report):
        if report.outcome != "passed":
            outcome = "error" if report.outcome == "failed" else report.outcome
            self.write_test(report.nodeid, outcome, 0.0, message_of(report))

    def pytest_runtest_logreport(self, report):
        outcome = outcome_of(report)
        if outcome is not None:
            self.write_test(report.nodeid, outcome, report.duration, message_of(report))

    def write_test(self, name, outcome, seconds, message):
        name = name[:LONGEST_ID]
        self.seen.add(name)
        message = "" if outcome == "passed" else message
        self.write(kind="test", id=name, outcome=outcome, seconds=seconds, message=message)


def outcome_of(report):
    """None for a phase that adds nothing: a set-up that went well, a subtest that passed, a rerun."""
    expected = hasattr(report, "wasxfail")
    if report.outcome == "skipped":
        outcome = "xfailed" if expected else "skipped"
    elif report.outcome == "failed":
        outcome = "failed" if report.when == "call" else "error"
    elif report.outcome == "passed" and report.when == "call":
        outcome = "xpassed" if expected else "passed"
    else:
        return None
    subtest = type(report).__name__.lower() == "subtestreport"
    return outcome if outcome == "failed" or not subtest else None


def message_of(report):
    """The assertion's message and place; the end of the text where there is no such thing."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return "{}:{}: {}".format(crash.path, crash.lineno, crash.message)[:LONGEST_MESSAGE]
    if isinstance(report.longrepr, tuple):
        return "{}:{}: {}".format(*report.longrepr)[:LONGEST_MESSAGE]
    return str(report.longrepr or "")[-LONGEST_MESSAGE:]


def expanded(argument):
    """The files that a pattern matches, as a shell would; the argument itself if there are none."""
    if argument.startswith("-") or not ("*" in argument or "?" in argument):
        return [argument]
    return sorted(glob.glob(argument)) or [argument]


def new_file(path):
    """Appended to only: what others write there stays, and is seen to be none of ours."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file)
    arguments = [name for argument in config["arguments"] for name in expanded(argument)]
    sys.argv[:] = ["pytest", *arguments]
    sys.path[0:1] = [os.getcwd()] if config["add_cwd"] else []
    import pytest  # noqa: PLC0415 - sys.path must be right first

    with open(new_file(config["output"]), "a", encoding="ascii") as output:
        reporter = Reporter(output, config["select"])
        code = int(pytest.main(arguments, plugins=[reporter]))
        reporter.write(kind="end", exit=code, tests=len(reporter.seen))
    sys.exit(code)


if __name__ == "__main__":
    main()
