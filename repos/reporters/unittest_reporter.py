"""Run unittest in this process and write what each test did, one JSON object a line.

    python unittest_reporter.py CONFIG

CONFIG and the lines are as in pytest_reporter.py; "arguments" are what would
follow `python -m unittest`.
"""

import json
import os
import sys
import time
import unittest

LONGEST_MESSAGE = 2000  # characters
LONGEST_ID = 1000


class Output:
    def __init__(self, file):
        self.file = file
        self.seen = set()

    def write(self, **record):
        self.file.write(json.dumps(record) + "\n")
        self.file.flush()

    def test(self, name, outcome, seconds=0.0, message=""):
        name = name[:LONGEST_ID]
        self.seen.add(name)
        self.write(kind="test", id=name, outcome=outcome, seconds=seconds, message=message[-LONGEST_MESSAGE:])


def make_result(output):
    class Result(unittest.TextTestResult):
        started = 0.0

        def note(self, test, outcome, message=""):
            seconds = time.perf_counter() - self.started if self.started else 0.0
            output.test(test.id(), outcome, seconds, message)

        def startTest(self, test):
            self.started = time.perf_counter()
            super().startTest(test)

        def addSuccess(self, test):
            super().addSuccess(test)
            self.note(test, "passed")

        def addError(self, test, err):
            super().addError(test, err)
            self.note(test, "error", self.errors[-1][1])

        def addFailure(self, test, err):
            super().addFailure(test, err)
            self.note(test, "failed", self.failures[-1][1])

        def addSkip(self, test, reason):
            super().addSkip(test, reason)
            self.note(test, "skipped", str(reason))

        def addExpectedFailure(self, test, err):
            super().addExpectedFailure(test, err)
            self.note(test, "xfailed")

        def addUnexpectedSuccess(self, test):
            super().addUnexpectedSuccess(test)
            self.note(test, "failed", "passed, but is marked as an expected failure")

        def addSubTest(self, test, subtest, err):
            super().addSubTest(test, subtest, err)
            if err is None:
                self.note(subtest, "passed")
                return
            kept = self.failures if issubclass(err[0], test.failureException) else self.errors
            self.note(subtest, "failed", kept[-1][1])
            self.note(test, "failed", kept[-1][1])

    return Result


def only(suite, select):
    """The suite without the tests whose id is not in `select`; its shape, and so its fixtures, stay."""
    kept = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            kept.addTest(only(test, select))
        elif test.id() in select:
            kept.addTest(test)
    return kept


def make_runner(output, select):
    class Runner(unittest.TextTestRunner):
        resultclass = make_result(output)

        def run(self, test):
            return super().run(test if select is None else only(test, frozenset(select)))

    return Runner


def new_file(path):
    """Appended to only: what others write there stays, and is seen to be none of ours."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file)
    arguments = ["python -m unittest"] + config["arguments"]
    sys.argv[:] = arguments
    sys.path[0] = os.getcwd()
    with open(new_file(config["output"]), "a", encoding="ascii") as file:
        output = Output(file)
        runner = make_runner(output, config["select"])
        program = unittest.main(module=None, argv=arguments, testRunner=runner, exit=False)
        code = 0 if program.result.wasSuccessful() else 1
        output.write(kind="end", exit=code, tests=len(output.seen))
    sys.exit(code)


if __name__ == "__main__":
    main()
