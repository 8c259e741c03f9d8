"""Scope and integrity on real patches of a real repository, as a run asks them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotloop.agent import run
from hotloop.agent.baseline import Baseline
from hotloop.agent.folder import RunFolder
from hotloop.agent.gates.base import Gate, Trial
from hotloop.agent.gates.integrity import IntegrityGate
from hotloop.agent.gates.scope import ScopeGate
from hotloop.agent.settings import Settings
from hotloop.agent.state import Candidate, GateResult, Spent
from hotloop.agent.workshop import Workshop
from hotloop.profilers.verdict import Interval, NoiseFloor
from hotloop.repos.patch import make_patch
from hotloop.repos.source import open_source

FILES = {
    "src/pkg/__init__.py": "",
    "src/pkg/core.py": "import numpy\n\n\ndef keep(items):\n    return [item for item in items]\n",
    "src/pkg/lazy.py": "def f():\n    import helper_of_others.part as part, toolbox\n    return part\n",
    "src/other.py": "x = 1\n",
    "loose/test_loose.py": "def test_a():\n    assert True\n",
    "tests/test_core.py": "from pkg.core import keep\n\n\ndef test_a():\n    assert keep([]) == []\n",
    "bench.py": "import workload_helper\nfrom pkg.core import keep\n\ndef workload(x):\n    return keep(x)\n",
    "pyproject.toml": '[tool.setuptools]\npackage-dir = {"" = "src"}\n',
}
NEW = "def keep(items):\n    return list(items)\n"
INTERVAL = Interval(ratio=1.0, low=0.99, high=1.01)
NOISE = NoiseFloor(
    interval=INTERVAL, spread=0.01, pairs=8, pair_seconds=1.0, budget_seconds=9.0, detectable=1.02,
    engine="ping-pong", clock="process", call_ns=1e6,
)  # fmt: skip
BASELINE = Baseline(tests=(), noise=NOISE, varies=True, hash_proof=True, nothing=False, uncompared=())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    place = tmp_path_factory.mktemp("repo")
    for name, text in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Import"]):
        subprocess.run(
            ["git", "-c", "user.name=T", "-c", "user.email=t@localhost", *words], cwd=place, check=True
        )
    settings = Settings(workload=Path("bench.py"), tests="pytest", coder="catalog", sandbox="local")
    folder = RunFolder.create(tmp_path_factory.mktemp("runs"))
    plan = run.make_plan(folder, open_source(place), settings, repo=str(place), origins={})
    with run.workshop(plan, folder, Spent(), None) as made:
        yield made


def answer(gate: Gate, shop: Workshop, patch: str, summary: str = "Faster.") -> GateResult:
    candidate = Candidate(id=1, round=1, parent=None, summary=summary, origin="test", key="k", patch=patch)
    return gate.check(Trial(candidate, shop, BASELINE, shop.tree_place(1), shop.source_tree))


def scope(shop: Workshop, edits: dict[str, str | None]) -> GateResult:
    return answer(ScopeGate(), shop, make_patch(shop.source_tree, edits))


def integrity(shop: Workshop, text: str, summary: str = "Faster.") -> GateResult:
    return answer(IntegrityGate(), shop, make_patch(shop.source_tree, {"src/pkg/core.py": text}), summary)


@pytest.mark.parametrize(
    "edits",
    [
        {"src/pkg/core.py": NEW},
        {"src/pkg/core.py": NEW, "src/pkg/_fast.py": NEW},
        {"src/pkg/random.py": NEW},
        {"src/pkg/sub/__init__.py": "", "src/pkg/sub/json.py": NEW},
        {"src/_fastpath.py": NEW},
        {"src/pkg/core.py": None, "src/pkg/core/__init__.py": NEW},
        {"src/other.py": None},
    ],
    ids=", ".join,
)
def test_sources_may_be_changed_added_and_removed(shop: Workshop, edits: dict[str, str | None]) -> None:
    result = scope(shop, edits)

    assert result.passed, result.detail
    assert set(result.facts["files"]) == set(edits)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("src/random.py", "in place of the standard library's random"),
        ("random/__init__.py", "in place of the standard library's random"),
        ("json.py", "in place of the standard library's json"),
        ("src/numpy/__init__.py", "in place of numpy, which is imported from elsewhere"),
        ("src/helper_of_others.py", "in place of helper_of_others"),
        ("toolbox.py", "in place of toolbox"),
        ("workload_helper.py", "in place of workload_helper"),
        ("pytest.py", "in place of pytest"),
        ("pkg/__init__.py", "in place of src/pkg"),
        ("other.py", "in place of src/other"),
        ("loose/random.py", "in place of the standard library's random"),
        ("src/pkg/core/__init__.py", "in place of src/pkg/core.py"),
        ("src/__init__.py", "make a package of a folder that is on the import path"),
        ("__init__.py", "make a package of a folder that is on the import path"),
        ("loose/__init__.py", "make a package of a folder that is on the import path"),
        ("src/pkg/Core.py", "differs from src/pkg/core.py only in how letters are written"),
        ("SRC/pkg/new.py", "differs from src only in how letters are written"),
        ("src/pkg/\uff43ore.py", "differs from src/pkg/core.py only in how letters are written"),
        ("tests/__init__.py", "belongs to tests"),
        ("Tests/helper.py", "belongs to tests"),
        ("src/pkg/ConfTest.py", "belongs to test configuration"),
        ("src/sitecustomize/__init__.py", "belongs to start-up hooks"),
        ("src/pkg/fast.so", "is compiled"),
        ("src/pkg/fast.PYD", "is compiled"),
        ("requirements-dev.txt", "belongs to the dependencies"),
        ("uv.lock", "belongs to the dependencies"),
        ("src/pkg/table.json", "is not Python source"),
        ("Bench.py", "is the workload"),
    ],
)
def test_a_new_file_that_would_change_what_others_mean_is_refused(
    shop: Workshop, path: str, reason: str
) -> None:
    result = scope(shop, {path: NEW})

    assert not result.passed
    assert result.detail.startswith(f"{path}: ")
    assert reason in result.detail
    assert "\n" not in result.detail


def test_only_files_that_are_new_can_hide_others(shop: Workshop) -> None:
    assert scope(shop, {"src/other.py": NEW}).passed
    assert not scope(shop, {"pkg/core.py": NEW, "pkg/__init__.py": NEW}).passed


@pytest.mark.parametrize(
    ("header", "body", "reason"),
    [
        ("old mode 100644\nnew mode 100755\n", "", "changes a file's mode"),
        ("new file mode 120000\n", "", "makes a symbolic link"),
        ("new file mode 160000\n", "", "adds a submodule"),
        ("rename from src/pkg/core.py\nrename to src/pkg/new.py\n", "", "renames a file"),
        ("index 123456..654321\nGIT binary patch\n", "", "holds binary data"),
        (
            "new file mode 100755\n",
            "--- /dev/null\n+++ b/src/pkg/new.py\n@@ -0,0 +1 @@\n+x = 1\n",
            "is new and executable",
        ),
    ],
)
def test_what_is_no_plain_text_change_is_refused_by_name(
    shop: Workshop, header: str, body: str, reason: str
) -> None:
    patch = f"diff --git a/src/pkg/new.py b/src/pkg/new.py\n{header}{body}"

    result = answer(ScopeGate(), shop, patch)

    assert not result.passed
    assert reason in result.detail
    assert "src/pkg/new.py" in result.detail


def test_an_oversized_patch_and_an_empty_one_are_refused(shop: Workshop) -> None:
    assert "KiB" in scope(shop, {"src/pkg/core.py": "# ü\n" * 200_000}).detail
    assert answer(ScopeGate(), shop, "").detail == "the patch changes nothing"


def test_of_many_refusals_the_first_are_shown(shop: Workshop) -> None:
    result = scope(shop, {f"tests/test_{number}.py": NEW for number in range(9)})

    assert result.detail.endswith("; and 4 more")


def test_a_certain_finding_rejects_and_says_where(shop: Workshop) -> None:
    result = integrity(shop, f"import numpy\nimport time\ntime.perf_counter = lambda: 0\n{NEW}")

    assert not result.passed
    assert result.detail.startswith("replaces a clock at src/pkg/core.py:3: time.perf_counter = lambda: 0")


def test_anything_else_is_evidence_and_passes(shop: Workshop) -> None:
    text = f"import numpy\nfrom functools import cache\n\n\n@cache\n{NEW}"
    result = integrity(shop, text, "Faster.\nCache: keep keyed on items, bounded by nothing")

    assert result.passed
    assert result.detail == "1 thing(s) for a reviewer to look at"
    assert result.facts["findings"][0]["line"] == 5
    assert result.facts["findings"][0]["declared"] == "keyed on items, bounded by nothing"


def test_a_plain_speed_up_has_nothing_to_look_at(shop: Workshop) -> None:
    result = integrity(shop, NEW)

    assert result.passed
    assert result.facts["findings"] == []


def test_a_patch_that_does_not_apply_is_left_to_the_build_gate(shop: Workshop) -> None:
    patch = make_patch(shop.source_tree, {"src/pkg/core.py": NEW}).replace("import numpy", "import nothing")
    result = answer(IntegrityGate(), shop, patch)

    assert result.passed
    assert "does not apply" in result.detail
