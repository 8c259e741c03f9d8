"""Predictions as SWE-bench has them: lines, and the folders of its harness."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from hotloop.agent.evaluation.predictions import read_predictions
from hotloop.errors import UsageError

LINE = {"instance_id": "a", "model_patch": "diff --git a b\n", "model_name_or_path": "org/model"}


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


def test_lines_are_read_and_fields_of_other_tools_passed_over(tmp_path: Path) -> None:
    file = write(tmp_path / "p.jsonl", LINE, {**LINE, "instance_id": "b", "model_patch": None, "cost": 3})
    first, second = read_predictions(file)
    assert first.model_patch == "diff --git a b\n"
    assert first.patch_sha256 == hashlib.sha256(b"diff --git a b\n").hexdigest()
    assert second.key == ("org/model", "b", 0)
    assert second.model_patch is None


def test_the_folders_of_the_harness_are_read(tmp_path: Path) -> None:
    for run, instance in (("run1", "a"), ("run1", "b"), ("run2", "a")):
        place = tmp_path / "logs" / "run_evaluation" / run / "org__model" / instance
        place.mkdir(parents=True)
        (place / "patch.diff").write_text(f"{run} {instance}")
        (place / "report.json").write_text("{}")
    found = {one.key: one.model_patch for one in read_predictions(tmp_path)}
    assert found == {
        ("org__model", "a", 0): "run1 a",
        ("org__model", "b", 0): "run1 b",
        ("org__model", "a", 1): "run2 a",
    }


def test_a_folder_without_either_has_none(tmp_path: Path) -> None:
    assert read_predictions(tmp_path) == ()


def test_two_of_one_attempt_are_refused_and_numbered_ones_kept(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"line 2 and .*line 1 are both attempt 0"):
        read_predictions(write(tmp_path / "p.jsonl", LINE, LINE))
    assert len(read_predictions(write(tmp_path / "p.jsonl", LINE, {**LINE, "attempt": 1}))) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"instance_id": "a"}, "model_patch: Field required; model_name_or_path: Field required"),
        ({**LINE, "model_patch": ["x"]}, "line 1.*'a'.*model_patch: Input should be a valid string"),
        ({**LINE, "attempt": -1}, "attempt: "),
        ([LINE], "holds no JSON object"),
    ],
)
def test_malformed_ones_are_refused_with_their_place(tmp_path: Path, line: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_predictions(write(tmp_path / "p.jsonl", line))


def test_a_patch_that_is_no_text_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "logs" / "run_evaluation" / "r" / "m" / "i"
    place.mkdir(parents=True)
    (place / "patch.diff").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_predictions(tmp_path)


def test_a_folder_whose_name_is_no_id_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "logs" / "run_evaluation" / "r" / "m" / "no id"
    place.mkdir(parents=True)
    (place / "patch.diff").write_text("")
    with pytest.raises(UsageError, match="instance_id: String should match pattern"):
        read_predictions(tmp_path)
