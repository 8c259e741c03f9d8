"""An evaluation's folder: what a killed writer leaves, and what going on needs to know."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from evaluation_results import failed, quarantined, rejected, scored

from hotloop.agent.evaluation.folder import append_result, read_evaluation
from hotloop.agent.evaluation.result import Outcome, Result
from hotloop.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    manifest = {
        "schema_version": 1,
        "dataset": "own",
        "dataset_sha256": "0" * 64,
        "instances": [*"abc", *(f"t{number}" for number in range(2000))],
    }
    (tmp_path / "evaluation.json").write_text(json.dumps(manifest))
    return tmp_path


def test_what_was_appended_is_read(folder: Path) -> None:
    given = [scored("a"), rejected("b"), quarantined("c")]
    for one in given:
        append_result(folder, one)
    assert list(read_evaluation(folder).results) == given


def test_a_torn_last_line_is_passed_over_and_then_removed(folder: Path) -> None:
    append_result(folder, scored("a"))
    whole = (folder / "results.jsonl").read_bytes()
    for size in (1, 100, len(whole) - 1):
        (folder / "results.jsonl").write_bytes(whole + whole[:size])
        assert [one.instance_id for one in read_evaluation(folder).results] == ["a"]
    append_result(folder, rejected("b"))
    assert [one.instance_id for one in read_evaluation(folder).results] == ["a", "b"]
    assert (folder / "results.jsonl").read_bytes().startswith(whole + b'{"schema_version":1')


def test_a_torn_first_line_is_removed_too(folder: Path) -> None:
    (folder / "results.jsonl").write_bytes(b'{"instance_id": "a", "reason": "' + b"x" * 100_000)
    assert read_evaluation(folder).results == ()
    append_result(folder, scored("a"))
    assert len(read_evaluation(folder).results) == 1


def test_a_broken_line_in_the_middle_is_an_error_with_its_place(folder: Path) -> None:
    append_result(folder, scored("a"))
    with (folder / "results.jsonl").open("a") as file:
        file.write('{"instance_id": "b"}\n')
    append_result(folder, scored("c"))
    with pytest.raises(UsageError, match=r"results.jsonl, line 2 \('b'\): .*model: Field required"):
        read_evaluation(folder)


def test_infrastructure_failures_are_tried_again_and_the_later_result_counts(folder: Path) -> None:
    append_result(folder, failed("a"))
    append_result(folder, rejected("b"))
    assert read_evaluation(folder).finished == {("model", "b", 0)}
    append_result(folder, scored("a"))
    found = read_evaluation(folder)
    assert [one.outcome for one in found.results] == [Outcome.SCORED, Outcome.REJECTED]
    assert found.replaced == ()


def test_a_verdict_that_another_replaced_is_told(folder: Path) -> None:
    append_result(folder, rejected("a"))
    append_result(folder, scored("a"))
    found = read_evaluation(folder)
    assert found.replaced == (("model", "a", 0),)
    assert found.results[0].outcome is Outcome.SCORED


def test_predictions_without_a_result_for_their_patch_are_unfinished(folder: Path) -> None:
    lines = [
        {"instance_id": name, "model_patch": "diff", "model_name_or_path": "model"}
        for name in ("a", "b", "c")
    ]
    (folder / "predictions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (first, *_) = read_evaluation(folder).predictions
    append_result(folder, scored("a").model_copy(update={"patch_sha256": first.patch_sha256}))
    append_result(folder, scored("b").model_copy(update={"patch_sha256": "1" * 64}))
    assert read_evaluation(folder).unfinished == (("model", "b", 0), ("model", "c", 0))


def test_results_of_another_dataset_are_refused(folder: Path) -> None:
    append_result(folder, scored("elsewhere"))
    with pytest.raises(UsageError, match=r"'elsewhere', which evaluation\.json does not name"):
        read_evaluation(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no JSON object"),
        ('{"schema_version": 2}', "schema_version: Input should be 1"),
        ('{"schema_version": 1, "dataset": NaN}', "NaN is no number"),
    ],
)
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str, words: str) -> None:
    (folder / "evaluation.json").write_text(text)
    with pytest.raises(UsageError, match=words):
        read_evaluation(folder)


def test_another_folder_is_no_evaluation(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no evaluation"):
        read_evaluation(tmp_path)


WRITER = """
import sys
from pathlib import Path
from hotloop.agent.evaluation.folder import append_result
from hotloop.agent.evaluation.result import Result

text = sys.stdin.read()
for number in range(2000):
    append_result(Path(sys.argv[1]), Result.model_validate_json(text.replace("t0", f"t{number}")))
"""


def padded(number: int) -> Result:
    return scored(f"t{number}").model_copy(update={"reason": "x" * 3000})


def test_a_writer_killed_at_any_moment_leaves_what_can_be_gone_on_with(folder: Path) -> None:
    results = folder / "results.jsonl"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdin=subprocess.PIPE) as writer:
        assert writer.stdin is not None
        writer.stdin.write(padded(0).model_dump_json().encode())
        writer.stdin.close()
        while not results.exists() or results.stat().st_size < 20_000:
            assert writer.poll() is None, "the writer ended by itself"
            time.sleep(0.002)
        writer.kill()
    before = read_evaluation(folder).results
    assert list(before) == [padded(number) for number in range(len(before))]
    append_result(folder, padded(len(before)))
    assert len(read_evaluation(folder).results) == len(before) + 1
