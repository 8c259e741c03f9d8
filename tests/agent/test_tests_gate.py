"""The tests gate on real candidates: base's tests, what covers a change first, lines that nothing runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hotloop.agent.events import EventLog
from hotloop.agent.folder import RunFolder
from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.pristine import belongs_to_tests
from hotloop.agent.gates.tests import TestsGate
from hotloop.agent.people import gather_people
from hotloop.agent.settings import Settings
from hotloop.agent.state import Candidate, GateResult, Spent
from hotloop.agent.testing import run_in_copy
from hotloop.agent.workshop import Workshop, lay_out_tools
from hotloop.repos.patch import make_patch
from hotloop.repos.source import open_source
from hotloop.sandboxes.registry import choose

OTHER = "def other(items):\n    return len(items)\n"
CORE = f"""\
def total(items):
    result = 0
    for item in items:
        result += item
    return result


{OTHER}"""
FILES = {
    "pkg/__init__.py": "",
    "pkg/core.py": CORE,
    "tests/__init__.py": "",
    "tests/data.txt": "6\n",
    "tests/test_other.py": "from pkg.core import other\n\ndef test_other(): assert other([1]) == 1\n",
    "tests/test_total.py": (
        "from pathlib import Path\n"
        "from pkg.core import total\n"
        "\n"
        "def test_total():\n"
        "    expected = int((Path(__file__).parent / 'data.txt').read_text())\n"
        "    assert total([1, 2, 3]) == expected\n"
    ),
    "bench.py": (
        "from pkg.core import other, total\n"
        "def setup(seed): return [seed] * 10\n"
        "def workload(state): return total(state)\n"
    ),
}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Makes workshops around repositories; what they share is laid out once."""
    made: list[Workshop] = []

    def make(files: Mapping[str, str], **settings: Any) -> Any:
        place = tmp_path_factory.mktemp("repository")
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Import"]):
            identity = ["-c", "user.name=T", "-c", "user.email=t@localhost"]
            subprocess.run(["git", *identity, *words], cwd=place, check=True)
        folder = RunFolder.create(tmp_path_factory.mktemp("run"))
        lay_out_tools(folder)
        chosen = Settings(coder="catalog", workload=Path("bench.py"), **settings)
        events = EventLog(folder.events, None)
        backend = choose("local", model_written=False, tools=folder.tools, log=events.log)
        people = gather_people("catalog", chosen, folder, before=Spent())
        shop = Workshop(
            chosen, folder, events, backend, open_source(place), people.coder, people.judge, people.budget
        )
        shop.prepare()
        made.append(shop)
        base = run_in_copy(shop, shop.base_tree, "base")
        return SimpleNamespace(shop=shop, baseline=SimpleNamespace(tests=(base, base)), number=0)

    yield make
    for shop in made:
        shop.backend.reap(shop.folder.id)
        shop.folder.discard_work()


@pytest.fixture(scope="module")
def ground(shops: Any) -> Any:
    return shops(FILES)


def try_edits(ground: Any, edits: Mapping[str, str | None], stage: str = "search") -> GateResult:
    """Through the tests gate alone, as if no other had looked."""
    shop: Workshop = ground.shop
    ground.number += 1
    patch = make_patch(shop.source_tree, edits)
    candidate = Candidate(
        id=ground.number, round=1, parent=None, summary="s", origin="o", key="k", patch=patch
    )
    tree = shop.candidate_tree(patch, shop.tree_place(candidate.id))
    return TestsGate().check(Trial(candidate, shop, ground.baseline, tree, shop.base_tree, stage=stage))


WRONG = CORE.replace("result = 0", "result = 1")


def test_an_honest_change_passes_and_its_tests_ran_first(ground: Any) -> None:
    result = try_edits(ground, {"pkg/core.py": "def total(items):\n    return sum(items)\n" + OTHER})
    assert result.passed, result.detail
    assert result.detail == "2 passed"
    assert result.facts["ran_first"] == 1
    assert (result.facts["left_out"], result.facts["not_executed"], result.facts["notes"]) == ([], [], [])


def test_a_wrong_change_is_told_by_test_line_and_values_before_the_other_tests_run(ground: Any) -> None:
    result = try_edits(ground, {"pkg/core.py": WRONG})
    assert not result.passed
    assert "tests/test_total.py::test_total" in result.detail
    assert "tests/test_total.py:6" in result.detail
    assert "assert 7 == 6" in result.detail
    assert result.facts["ran_first"] == 1
    assert (result.facts["passed"], result.facts["failed"]) == (0, 1)


PASS_ALL = """
import pytest
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().outcome = "passed"
"""
STEERING = {
    "tests/data.txt": "7\n",
    "tests/test_total.py": "def test_total(): pass\n",
    "conftest.py": PASS_ALL,
    "tests/conftest.py": PASS_ALL,
    "pytest.ini": "[pytest]\naddopts = -k other\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-k other'\n",
    "sitecustomize.py": "import os\nos._exit(0)\n",
    "x.egg-info/entry_points.txt": "[pytest11]\nx = pkg.plugin\n",
    "x.egg-info/PKG-INFO": "Metadata-Version: 2.1\nName: x\nVersion: 1\n",
}


@pytest.mark.parametrize("edits", [STEERING, {"tests/test_total.py": None}], ids=["changed", "deleted"])
def test_tests_and_what_steers_them_are_bases(ground: Any, edits: dict[str, str | None]) -> None:
    """Any one of these that took effect would make the wrong sum pass, or fail in another way."""
    result = try_edits(ground, {"pkg/core.py": WRONG, "pkg/plugin.py": PASS_ALL, **edits})
    assert not result.passed
    assert "assert 7 == 6" in result.detail
    assert set(edits) == set(result.facts["left_out"])
    assert "the tests ran without the patch's" in result.detail


def test_what_the_task_allows_is_left_out_of_the_tests_all_the_same(shops: Any) -> None:
    ground = shops(FILES, allow=("*",))
    result = try_edits(ground, {"pkg/core.py": WRONG, "tests/data.txt": "7\n"})
    assert not result.passed
    assert result.facts["left_out"] == ["tests/data.txt"]


def test_what_a_build_did_to_the_tests_is_undone(shops: Any) -> None:
    """The build runs code of the candidate's: here it puts the tests' data right."""
    build = "test -e pkg/evil.py && echo 7 > tests/data.txt && echo 'x' > tests/test_new.py; true"
    ground = shops(FILES, rebuild=build)
    shop: Workshop = ground.shop
    patch = make_patch(shop.source_tree, {"pkg/core.py": WRONG, "pkg/evil.py": "X = 1\n"})
    tree = shop.candidate_tree(patch, shop.tree_place(1))
    assert shop.rebuild(tree) is None
    assert (tree / "tests/data.txt").read_text() == "7\n"
    candidate = Candidate(id=1, round=1, parent=None, summary="s", origin="o", key="k", patch=patch)
    result = TestsGate().check(Trial(candidate, shop, ground.baseline, tree, shop.base_tree))
    assert "assert 7 == 6" in result.detail
    assert not result.passed


def test_a_new_source_is_there_and_a_new_test_is_not(shops: Any) -> None:
    config = {"pytest.ini": "[pytest]\npython_files = check_*.py\n    test_*.py\n"}
    ground = shops({**FILES, **config})
    core = "from pkg.fast import total\n" + OTHER
    edits = {
        "pkg/fast.py": "def total(items):\n    return sum(items)\n",
        "pkg/check_it.py": "def test_it(): assert False\n",
        "pkg/core.py": core,
    }
    result = try_edits(ground, edits)
    assert result.passed, result.detail
    assert result.facts["left_out"] == ["pkg/check_it.py"]


def test_lines_that_nothing_executes_are_listed(ground: Any) -> None:
    core = """\
def total(items):
    if isinstance(items, tuple):
        items = list(items)
        items.reverse()
    elif not items:
        return 0
    return sum(items)


def other(items):
    return len(items)
"""
    result = try_edits(ground, {"pkg/core.py": core}, "final")
    assert result.passed, result.detail
    assert result.facts["not_executed"] == ["pkg/core.py:3-4", "pkg/core.py:6"]
    assert result.facts["notes"] == [
        "changed lines not executed by any test or the workload: pkg/core.py:3-4, pkg/core.py:6"
    ]


def test_lines_that_the_workload_alone_executes_are_not_listed(shops: Any) -> None:
    ground = shops({**FILES, "tests/test_total.py": "def test_nothing(): pass\n"})
    result = try_edits(ground, {"pkg/core.py": CORE.replace("result += item", "result = result + item")})
    assert result.passed, result.detail
    assert result.facts["ran_first"] == 0
    assert result.facts["not_executed"] is None


ORDERED = {
    **FILES,
    "tests/test_total.py": (
        "from pkg import core\n\n"
        "def test_first(): core.ready = True\n"
        "def test_total():\n    assert core.ready and core.total([1, 2, 3]) == 6\n"
    ),
}


def test_a_suite_that_needs_its_order_is_run_in_it_and_said_so(shops: Any) -> None:
    ground = shops(ORDERED)
    result = try_edits(ground, {"pkg/core.py": "def total(items):\n    return sum(items)\n" + OTHER})
    assert result.passed, result.detail
    assert "the usual order decides" in result.facts["notes"][0]
    assert not try_edits(ground, {"pkg/core.py": WRONG}).passed


@pytest.mark.parametrize("command", ["python -m unittest", "python -m pytest --junitxml=report.xml; true"])
def test_other_kinds_of_suites_run_on_base_tests_too(shops: Any, command: str) -> None:
    tests = (
        "import unittest\nfrom pkg.core import total\n"
        "class Case(unittest.TestCase):\n    def test_total(self): self.assertEqual(total([1, 2, 3]), 6)\n"
    )
    ground = shops({**FILES, "tests/test_total.py": tests}, tests=command)
    assert try_edits(ground, {"pkg/core.py": CORE.replace("result += item", "result = result + item")}).passed
    assert not try_edits(ground, {"pkg/core.py": WRONG, "tests/test_total.py": None}).passed


@pytest.mark.parametrize(
    "path", ["tests/x.py", "pkg/Tests/data/x.bin", "conftest.py", "CONFTEST.py", "a/x.pth", "setup.cfg"]
)
def test_what_belongs_to_the_tests_is_known_by_name(path: str) -> None:
    assert belongs_to_tests(path)


@pytest.mark.parametrize("path", ["pkg/core.py", "pkg/contest.py", "pkg/data.txt"])
def test_sources_do_not_belong_to_the_tests(path: str) -> None:
    assert not belongs_to_tests(path)
