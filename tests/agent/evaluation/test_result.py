"""The schema of a result refuses what cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from evaluation_results import comparison, failed, quarantined, rejected, scored
from pydantic import ValidationError

from hotloop.agent.evaluation.result import Result


def changed(result: Result, **fields: Any) -> Result:
    return Result.model_validate_json(
        Result.model_construct(**{**dict(result), **fields}).model_dump_json(warnings=False)
    )


@pytest.mark.parametrize("result", [scored(), rejected(), quarantined(), failed()])
def test_every_class_survives_json(result: Result) -> None:
    assert Result.model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize(
    ("result", "fields", "words"),
    [
        (scored(), {"candidate_base": None}, "compared with base and expert"),
        (scored(), {"candidate_expert": None}, "compared with base and expert"),
        (scored(), {"applied": None}, "compared with base and expert"),
        (scored(), {"gate": "tests"}, "names its gate"),
        (rejected(), {"gate": None}, "names its gate"),
        (rejected(), {"candidate_base": comparison(2.0)}, "is not timed"),
        (rejected(), {"applied": None}, "whether it applied"),
        (scored(), {"expert_base": None}, "quarantined"),
        (scored(), {"expert_base": comparison(1.01)}, "quarantined"),
        (rejected(), {"expert_base": comparison(0.5)}, "quarantined"),
        (failed(), {"reason": ""}, "needs its reason"),
        (quarantined(), {"reason": ""}, "needs its reason"),
        (scored(), {"samples": "/etc/passwd"}, "below the folder"),
        (scored(), {"samples": "samples/../../x"}, "below the folder"),
        (scored(), {"attempt": -1}, "greater than or equal"),
        (scored(), {"schema_version": 2}, "Input should be 1"),
        (scored(), {"model": ""}, "at least 1 character"),
    ],
)
def test_what_cannot_be_is_refused(result: Result, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        changed(result, **fields)


@pytest.mark.parametrize(
    "fields", [{"low": 3.0}, {"high": 1.0}, {"ratio": 0.0}, {"high": float("inf")}, {"margin": 0.9}]
)
def test_a_comparison_without_a_proper_interval_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        type(comparison(2.0)).model_validate({**comparison(2.0).model_dump(), **fields})


def test_numbers_as_text_are_refused() -> None:
    text = scored().model_dump_json().replace('"attempt":0', '"attempt":"0"')
    with pytest.raises(ValidationError, match="valid integer"):
        Result.model_validate_json(text)


def test_what_base_is_left_with_is_no_speedup() -> None:
    assert rejected().speedup == 1.0
    assert not rejected().verified
    with pytest.raises(ValueError, match="no measurement of the expert"):
        failed().expert_speedup  # noqa: B018 - reading it is what raises
