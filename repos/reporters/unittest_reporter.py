"""Run unittest in this process and say what each test did.

    python unittest_reporter.py < ORDER > RECORDS

ORDER and records are as in pytest_reporter.py; "arguments" are what would follow
`python -m unittest`.
"""

import sys
import time
import traceback
import unittest

import hotloop_channel as channel
import hotloop_sentinels as sentinels
from hotloop_lines import make_told
from hotloop_watch import Watch

LONGEST_MESSAGE = 2000  # characters
LONGEST_ID = 1000
CHUNK = 8  # ids in one record


class Output:
    def __init__(self, send, told):
        self.send = send
        self.told = told
        self.counts = {}
        self.seen = set()

    def planned(self, suite):
        ids = [test.id()[:LONGEST_ID] for test in tests_of(suite)]
        for first in range(0, len(ids), CHUNK):
            self.send(kind="planned", ids=ids[first : first + CHUNK])
        self.after("")

    def test(self, name, outcome, seconds=0.0, message=""):
        name = name[:LONGEST_ID]
        self.seen.add(name)
        self.counts[outcome] = self.counts.get(outcome, 0) + 1
        message = message[-LONGEST_MESSAGE:]
        self.send(kind="test", id=name, outcome=outcome, seconds=seconds, message=message)

    def after(self, name):
        if self.told is not None:
            self.told.after(name[:LONGEST_ID])


def make_result(output, known):
    clock = time.perf_counter

    class Result(unittest.TextTestResult):
        started = 0.0

        def note(self, test, outcome, message=""):
            seconds = clock() - self.started if self.started else 0.0
            output.test(test.id(), outcome, seconds, message)

        def startTest(self, test):
            self.started = clock()
            super().startTest(test)

        def stopTest(self, test):
            super().stopTest(test)
            output.after(test.id())

        def addSuccess(self, test):
            super().addSuccess(test)
            self.note(test, "passed")

        def addError(self, test, err):
            super().addError(test, err)
            self.note(test, "error", self.errors[-1][1])

        def addFailure(self, test, err):
            if test.id().rpartition(".")[2] in known:
                # It must not end the run nor be shown, so only the record says that it failed.
                self.note(test, "failed", traceback.format_exception_only(*err[:2])[-1])
                return
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


def tests_of(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def with_sentinels(suite, wanted):
    """All tests in the same order, ours between those of different classes.

    One of ours takes the module of its neighbour: the fixtures of a class and of a module
    run when unittest sees another class or module than before. A suite of a kind of its own,
    which may run its tests in its own way, stays whole between ours.
    """
    parts = list(tests_of(suite)) if is_plain(suite) else [suite]
    for sentinel in wanted if any(True for _ in tests_of(suite)) else ():
        slot = sentinels.slots(len(parts), sentinel["place"], lambda slot: between(parts, slot))
        module = type(parts[min(slot, len(parts) - 1)]).__module__
        path = getattr(sys.modules.get(module), "__file__", None) or "<tests>"
        parts.insert(slot, sentinels.case(sentinel, path, module)(sentinel["name"]))
    return unittest.TestSuite(parts)


def is_plain(suite):
    nested = [part for part in suite if isinstance(part, unittest.TestSuite)]
    return type(suite) is unittest.TestSuite and all(is_plain(part) for part in nested)


def between(tests, slot):
    """Whether a test may come before `tests[slot]` without parting the tests of one class."""
    return slot in {0, len(tests)} or type(tests[slot - 1]) is not type(tests[slot])


def make_runner(output, order):
    known = {sentinel["name"] for sentinel in order["sentinels"]}

    class Runner(unittest.TextTestRunner):
        resultclass = make_result(output, known)

        def run(self, test):
            chosen = test if order["select"] is None else only(test, frozenset(order["select"]))
            full = with_sentinels(chosen, order["sentinels"])
            output.planned(full)
            return super().run(full)

    return Runner


def main():
    order = channel.read_order()
    send = channel.open_channel(order.pop("key"))
    arguments = ["python -m unittest", *order["arguments"]]
    sys.argv[:] = arguments
    output = Output(send, make_told(order, send))
    watch = Watch()
    channel.leave_path()
    channel.put_first(order["roots"], add_cwd=True)
    runner = make_runner(output, order)
    program = unittest.main(
        module=None, argv=arguments, testRunner=runner, failfast=order["stop"] or None, exit=False
    )
    code = 0 if program.result.wasSuccessful() else 1
    send(kind="watched", changed=watch.changed())
    send(kind="end", exit=code, tests=len(output.seen), counts=output.counts)
    sys.exit(code)


if __name__ == "__main__":
    main()
