"""From folders of results to a report: what counts, what does not, and every model's figures.

Made from what was saved alone; nothing is run and nothing is measured again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from hotloop.agent.evaluation.counting import count
from hotloop.agent.evaluation.folder import Evaluation, read_evaluation
from hotloop.agent.evaluation.result import Key, Outcome, Result
from hotloop.agent.evaluation.summary import Contrast, Summary, contrasts, summarize
from hotloop.errors import UsageError


class Quarantined(BaseModel):
    """A task that no model is judged by."""

    model_config = ConfigDict(frozen=True)

    instance_id: str
    reason: str


class Attempt(BaseModel):
    """One of which something is to be told. reason: why it failed; empty for one not scored yet."""

    model_config = ConfigDict(frozen=True)

    model: str
    instance_id: str
    attempt: int
    reason: str = ""


class Missing(BaseModel):
    """Instances that were chosen and of which a model has no result at all."""

    model_config = ConfigDict(frozen=True)

    model: str
    instances: tuple[str, ...]


class Report(BaseModel):
    """`hotloop eval report --json`.

    quarantined, failed: what no metric saw. unfinished: predictions that were not scored, or
    were scored as another patch. replaced: attempts whose verdict a later one replaced.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = 1
    dataset: str
    dataset_sha256: str
    folders: tuple[str, ...]
    instances: int
    models: tuple[Summary, ...]
    contrasts: tuple[Contrast, ...]
    quarantined: tuple[Quarantined, ...]
    failed: tuple[Attempt, ...]
    missing: tuple[Missing, ...]
    unfinished: tuple[Attempt, ...]
    replaced: tuple[Attempt, ...]
    notes: tuple[str, ...]


def read_all(folders: Sequence[Path]) -> list[Evaluation]:
    """Raises UsageError where they cannot stand in one report."""
    found = [read_evaluation(folder) for folder in dict.fromkeys(path.resolve() for path in folders)]
    for one in found[1:]:
        if one.manifest.dataset_sha256 != found[0].manifest.dataset_sha256:
            raise UsageError(
                f"{found[0].path} and {one.path} are of different datasets", "Report each by itself"
            )
    _refuse_twice(found)
    return found


def make_report(found: Sequence[Evaluation]) -> Report:
    """Of at least one folder, as `read_all` gives them."""
    results = [result for one in found for result in one.results]
    counted = count(results)
    return Report(
        dataset=found[0].manifest.dataset,
        dataset_sha256=found[0].manifest.dataset_sha256,
        folders=tuple(str(one.path) for one in found),
        instances=len({name for one in found for name in one.manifest.instances}),
        models=tuple(summarize(one) for one in counted),
        contrasts=contrasts(counted),
        quarantined=_quarantined(results),
        failed=tuple(
            _attempt(one.key, one.reason) for one in results if one.outcome is Outcome.INFRASTRUCTURE
        ),
        missing=_missing(found),
        unfinished=tuple(_attempt(key) for one in found for key in one.unfinished),
        replaced=tuple(_attempt(key) for one in found for key in one.replaced),
        notes=_notes(found),
    )


def _refuse_twice(found: Sequence[Evaluation]) -> None:
    places: dict[Key, Path] = {}
    for one in found:
        for result in one.results:
            if result.key in places:
                raise UsageError(
                    f"{places[result.key]} and {one.path} both hold attempt {result.attempt} of "
                    f"{result.model!a} at {result.instance_id!a}",
                    "Leave one folder out, or number the attempts",
                )
            places[result.key] = one.path


def _quarantined(results: Sequence[Result]) -> tuple[Quarantined, ...]:
    reasons: dict[str, str] = {}
    for one in results:
        if one.outcome is Outcome.QUARANTINED:
            reasons.setdefault(one.instance_id, one.reason)
    return tuple(Quarantined(instance_id=name, reason=reasons[name]) for name in sorted(reasons))


def _missing(found: Sequence[Evaluation]) -> tuple[Missing, ...]:
    chosen: dict[str, set[str]] = {}
    for one in found:
        for model in {result.model for result in one.results}:
            chosen.setdefault(model, set()).update(one.manifest.instances)
    done = {(result.model, result.instance_id) for one in found for result in one.results}
    lacking = {
        model: tuple(sorted(name for name in names if (model, name) not in done))
        for model, names in chosen.items()
    }
    return tuple(
        Missing(model=model, instances=lacking[model]) for model in sorted(lacking) if lacking[model]
    )


def _attempt(key: Key, reason: str = "") -> Attempt:
    model, instance, attempt = key
    return Attempt(model=model, instance_id=instance, attempt=attempt, reason=reason)


def _notes(found: Sequence[Evaluation]) -> tuple[str, ...]:
    """What makes figures of several folders less comparable."""
    notes = []
    for name, facts in (("machine", "cpu"), ("Python", "python"), ("Hotloop", "hotloop")):
        held = {
            str(one.manifest.machine.get(facts) if name == "machine" else one.manifest.versions.get(facts))
            for one in found
        }
        if len(held) > 1:
            notes.append(f"the folders differ in {name}: {', '.join(sorted(held))}")
    return tuple(notes)
