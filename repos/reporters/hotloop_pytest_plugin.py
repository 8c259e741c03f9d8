"""The pytest plugin that reports. Imported before target code is. Python 3.9+."""

import os

import hotloop_sentinels as sentinels
import pytest
from _pytest.fixtures import FuncFixtureInfo
from _pytest.unittest import TestCaseFunction, UnitTestCase

LONGEST_MESSAGE = 2000  # characters
LONGEST_ID = 1000
CHUNK = 8  # ids in one record


class Reporter:
    """With xdist only the controller has it: it sees every worker's reports, and puts no sentinels in."""

    def __init__(self, send, order, watch, told):
        self.send = send
        self.select = None if order["select"] is None else frozenset(order["select"])
        self.sentinels = {sentinel["name"]: sentinel for sentinel in order["sentinels"]}
        self.watch = watch
        self.told = told
        self.counts = {}
        self.seen = set()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, config, items):
        """Last of all, so that no other plugin moves or drops what is put in here."""
        yield
        if self.select is not None:
            dropped = [item for item in items if item.nodeid not in self.select]
            config.hook.pytest_deselected(items=dropped)
            items[:] = [item for item in items if item.nodeid in self.select]
        if not config.option.collectonly:
            self.put_sentinels_in(items)
            for first in range(0, len(items), CHUNK):
                ids = [item.nodeid[:LONGEST_ID] for item in items[first : first + CHUNK]]
                self.send(kind="planned", ids=ids)

    def put_sentinels_in(self, items):
        cased = any(isinstance(item, TestCaseFunction) for item in items)
        for number, sentinel in enumerate(self.sentinels.values()):
            modules = [item.getparent(pytest.Module) for item in items]
            if None in modules or not items:
                continue
            slot = sentinels.slots(len(items), sentinel["place"], lambda slot: between(items, slot))
            module = modules[min(slot, len(items) - 1)]
            items.insert(slot, make_item(sentinel, module, as_case=cased and number % 2 == 0))

    def pytest_collectreport(self, report):
        if report.outcome != "passed":
            outcome = "error" if report.outcome == "failed" else report.outcome
            self.write_test(report.nodeid, outcome, 0.0, message_of(report))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report):
        """First of all. To everyone else a sentinel passes: it must not end the run, nor be shown."""
        outcome = outcome_of(report)
        if outcome is not None:
            self.write_test(report.nodeid, outcome, report.duration, message_of(report))
        if report.nodeid.rpartition("::")[2] in self.sentinels:
            report.outcome, report.longrepr = "passed", None
        yield

    def pytest_runtest_logfinish(self, nodeid):
        if self.told is not None:
            self.told.after(nodeid[:LONGEST_ID])

    def write_test(self, name, outcome, seconds, message):
        name = name[:LONGEST_ID]
        self.seen.add(name)
        self.counts[outcome] = self.counts.get(outcome, 0) + 1
        message = "" if outcome == "passed" else message
        self.send(kind="test", id=name, outcome=outcome, seconds=seconds, message=message)

    def pytest_collection_finish(self):
        if self.told is not None:
            self.told.after("")

    def end(self, code):
        self.send(kind="watched", changed=self.watch.changed())
        self.send(kind="end", exit=code, tests=len(self.seen), counts=self.counts)


def between(items, slot):
    """Whether a test may come before `items[slot]` without parting the tests of one class."""
    if slot in {0, len(items)}:
        return True
    before, after = (item.getparent(pytest.Class) for item in items[slot - 1 : slot + 1])
    return before is None or before is not after


def make_item(sentinel, module, as_case):
    """An item that asks for no fixture: whatever set-up the module has stays its own tests' affair."""
    nothing = FuncFixtureInfo(argnames=(), initialnames=(), names_closure=[], name2fixturedefs={})
    path = str(module.fspath)
    if not as_case:
        function = sentinels.function(sentinel, path)
        return pytest.Function.from_parent(
            module, name=sentinel["name"], callobj=function, fixtureinfo=nothing
        )
    cls = sentinels.case(sentinel, path, module.name)
    parent = UnitTestCase.from_parent(module, name=cls.__name__)
    parent.obj = cls
    return TestCaseFunction.from_parent(parent, name=sentinel["name"], fixtureinfo=nothing)


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
    """The values and the last line of the tree that led there; else the end of the text."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return "{}: {}".format(place_of(report.longrepr, crash), crash.message)[:LONGEST_MESSAGE]
    if isinstance(report.longrepr, tuple):
        return "{}:{}: {}".format(*report.longrepr)[:LONGEST_MESSAGE]
    return str(report.longrepr or "")[-LONGEST_MESSAGE:]


def place_of(representation, crash):
    """A `unittest` assertion raises in the library, which says nothing about the test."""
    entries = getattr(getattr(representation, "reprtraceback", None), "reprentries", ())
    locations = [getattr(entry, "reprfileloc", None) for entry in entries]
    places = [(os.path.relpath(found.path), found.lineno) for found in locations if found is not None]
    own = [place for place in places if not place[0].startswith("..")]
    path, line = own[-1] if own else (crash.path, crash.lineno)
    return "{}:{}".format(path, line)
