"""Rows as the three benchmarks publish them, made into instances."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hotloop.errors import UsageError
from hotloop.repos.instances import import_instances
from hotloop.repos.instances.schema import CommitExpert, GitSource, PatchExpert

BASE = "0123456789abcdef0123456789abcdef01234567"
HEAD = "89abcdef0123456789abcdef0123456789abcdef"
SWEFFICIENCY: dict[str, Any] = {
    "repo": "pandas-dev/pandas",
    "instance_id": "pandas-dev__pandas-41861",
    "base_commit": BASE,
    "patch": "diff --git a/x b/x\n",
    "test_patch": "",
    "problem_statement": "",
    "hints_text": "",
    "created_at": "2021-06-07T22:16:57Z",
    "version": "1.3",
    "PASS_TO_PASS": ["a.py::t"],
    "FAIL_TO_PASS": [],
    "environment_setup_commit": BASE,
    "workload": "import timeit\n",
    "speedup": 16.4,
    "covering_tests": ["pandas/tests/a.py"],
    "notes": "",
    "test_cmd": "pytest --no-header",
    "rebuild_cmd": "python -m pip install -e .",
    "image_name": "ghcr.io/swefficiency/swefficiency:pandas-dev__pandas-41861",
}
GSO: dict[str, Any] = {
    "instance_id": "numpy__numpy-cb461ba",
    "repo": "numpy/numpy",
    "base_commit": HEAD + "^",
    "opt_commit": HEAD,
    "api": "numpy.char.add",
    "prob_script": "print()",
    "tests": ["import argparse\n", "import timeit\n"],
    "hints_text": "faster",
    "setup_commands": ["apt-get update"],
    "install_commands": ["uv pip install ."],
    "created_at": "2023-01-24 19:27:03",
    "gt_commit_message": "faster",
    "gt_diff": "diff --git a/x b/x\n",
    "arch": "x86_64",
    "instance_image_tag": "latest",
}
SWEPERF: dict[str, Any] = {
    "repo": "astropy/astropy",
    "instance_id": "astropy__astropy-16065",
    "patch": "diff --git a/x b/x\n",
    "test_patch": "",
    "base_commit": BASE,
    "head_commit": HEAD,
    "created_at": "2024-02-18T02:53:09Z",
    "version": "6.1",
    "duration_changes": '[{"a.py::t": {"base": [1.0], "head": [0.5]}}]',
    "efficiency_test": ["a.py::t"],
    "patch_functions": "[]",
    "problem_statement_oracle": "o",
    "test_functions": "[]",
    "problem_statement_realistic": "r",
    "human_performance": 0.1,
}
ROWS = {"swefficiency": SWEFFICIENCY, "gso": GSO, "sweperf": SWEPERF}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_swefficiency_keeps_all_its_fields(tmp_path: Path) -> None:
    (found,) = import_instances(write(tmp_path / "f", SWEFFICIENCY), "swefficiency")
    assert found.source == GitSource(kind="git", url="https://github.com/pandas-dev/pandas")
    assert found.expert == PatchExpert(kind="patch")
    kept = found.model_dump(mode="json")
    assert {name: kept[name] for name in SWEFFICIENCY} == SWEFFICIENCY
    assert found.extra == {}
    assert found.origin == "swefficiency"


def test_lists_may_be_text_as_in_swe_bench_and_a_speedup_not_filled_in(tmp_path: Path) -> None:
    row = {**SWEFFICIENCY, "PASS_TO_PASS": '["a", "b"]', "FAIL_TO_PASS": "", "speedup": 0.0}
    (found,) = import_instances(write(tmp_path / "f", row), "swefficiency")
    assert found.PASS_TO_PASS == ("a", "b")
    assert found.FAIL_TO_PASS == ()
    assert found.speedup is None


def test_gso_is_timed_by_its_scripts_against_a_commit(tmp_path: Path) -> None:
    (found,) = import_instances(write(tmp_path / "f", GSO), "gso")
    assert found.expert == CommitExpert(kind="commit", commit=HEAD)
    assert found.base_commit == HEAD + "^"
    assert found.tests == ("import argparse\n", "import timeit\n")
    assert found.patch == GSO["gt_diff"]
    assert found.image_name == "slimshetty/gso:gso.eval.x86_64.numpy__numpy-cb461ba"
    assert found.extra == {
        name: GSO[name] for name in ("api", "prob_script", "gt_commit_message", "instance_image_tag")
    }


def test_sweperf_is_timed_by_its_tests(tmp_path: Path) -> None:
    (found,) = import_instances(write(tmp_path / "f", SWEPERF), "sweperf")
    assert found.expert == CommitExpert(kind="commit", commit=HEAD)
    assert found.efficiency_test == ("a.py::t",)
    assert found.problem_statement == "r"
    assert found.image_name == "docker.io/betty1202/sweb.eval.x86_64.astropy_s_astropy-16065"
    assert found.extra["duration_changes"] == SWEPERF["duration_changes"]


@pytest.mark.parametrize("format_", ROWS)
def test_one_array_is_read_as_lines_are(tmp_path: Path, format_: str) -> None:
    row = ROWS[format_]
    array = tmp_path / "array.json"
    array.write_text(json.dumps([row, {**row, "instance_id": "other"}], indent=1))
    lines = write(tmp_path / "lines", row, {**row, "instance_id": "other"})
    assert import_instances(array, format_) == import_instances(lines, format_)


@pytest.mark.parametrize(
    ("format_", "change", "words"),
    [
        ("swefficiency", {"workload": None}, "workload is missing"),
        ("swefficiency", {"patch": 3}, "patch is no text"),
        ("swefficiency", {"PASS_TO_PASS": "a b"}, "PASS_TO_PASS is no list"),
        ("swefficiency", {"covering_tests": [1]}, "covering_tests is no list of texts"),
        ("swefficiency", {"speedup": "2"}, "speedup is no number"),
        ("swefficiency", {"repo": "pandas"}, "repo is 'pandas', not owner/name"),
        ("gso", {"opt_commit": None}, "opt_commit is missing"),
        ("gso", {"opt_commit": "HEAD"}, "expert.commit.commit: String should match pattern"),
        ("gso", {"tests": []}, "one of workload, tests and efficiency_test is timed, not none"),
        ("sweperf", {"head_commit": None}, "head_commit is missing"),
    ],
)
def test_a_row_that_lacks_something_is_refused_with_its_place(
    tmp_path: Path, format_: str, change: dict[str, Any], words: str
) -> None:
    row = ROWS[format_]
    file = write(tmp_path / "f", row, {**row, "instance_id": "other", **change})
    with pytest.raises(UsageError) as caught:
        import_instances(file, format_)
    assert str(caught.value).startswith(f"{file}, line 2")
    assert words in str(caught.value)


@pytest.mark.parametrize(("format_", "other"), [("gso", "swefficiency"), ("swefficiency", "sweperf")])
def test_a_file_of_another_format_is_refused(tmp_path: Path, format_: str, other: str) -> None:
    with pytest.raises(UsageError, match=f"is no row of {format_}: .* is missing"):
        import_instances(write(tmp_path / "f", ROWS[other]), format_)


def test_parquet_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "f.parquet").write_bytes(b"PAR1\x15\x00")
    with pytest.raises(UsageError, match="to_json"):
        import_instances(tmp_path / "f.parquet", "gso")


def test_rows_of_an_array_that_are_no_objects_are_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(json.dumps([GSO, 3]))
    with pytest.raises(UsageError, match="row 2 is no JSON object"):
        import_instances(tmp_path / "f", "gso")
