"""The report as HTML that opens from disk: one page for all, and a page for each instance."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from hotloop.agent.evaluation import words
from hotloop.agent.evaluation.folder import Evaluation
from hotloop.agent.evaluation.report import Report
from hotloop.agent.evaluation.result import Comparison, Key, Outcome, Result, Sense, Timing
from hotloop.agent.folder import write_text
from hotloop.agent.report import numbers
from hotloop.agent.report.proof import Fact
from hotloop.agent.report.render import environment

_TEMPLATES = Path(__file__).parent / "templates"
_KINDS = {Sense.FASTER: "good", Sense.SLOWER: "bad", Sense.TIE: ""}
BAR = 160
"""Width of an interval's drawing."""
_WIDEST = 100.0
"""Ratios are drawn up to this; what lies beyond stands at the edge."""


@dataclass(frozen=True)
class Bar:
    """An interval on a logarithmic axis with 1 in its middle, in pixels."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Compared:
    """One comparison in words. kind: "good", "bad" or neither."""

    title: str
    ratio: str
    answer: str
    kind: str
    clock: str
    bar: Bar


@dataclass(frozen=True)
class Times:
    """Medians of one workload or test, and of how many repeats."""

    name: str
    base: str
    candidate: str
    expert: str


@dataclass(frozen=True)
class Row:
    """One attempt, as both pages show it. diff: None where the patch was not kept."""

    model: str
    instance_id: str
    attempt: int
    outcome: str
    kind: str
    reason: str
    compared: tuple[Compared, ...]
    regressions: tuple[str, ...]
    times: tuple[Times, ...]
    facts: tuple[Fact, ...]
    diff: str | None


def write_pages(report: Report, found: Sequence[Evaluation], folder: Path) -> Path:
    """Write index.html and instances/*.html into `folder`; the path of the first."""
    rows = _rows(found)
    by_model, by_instance = defaultdict(list), defaultdict(list)
    for row in rows:
        by_model[row.model].append(row)
        by_instance[row.instance_id].append(row)
    for name, attempts in by_instance.items():
        page = _render("instance.html.j2", report=report, name=name, rows=attempts, width=BAR)
        write_text(folder / "instances" / f"{name}.html", page)
    index = folder / "index.html"
    # The index is written last: what it links to is there.
    write_text(index, _render("index.html.j2", report=report, rows=by_model, width=BAR, words=words))
    return index


def _render(template: str, **values: object) -> str:
    return environment(_TEMPLATES).get_template(template).render(**values)


def _rows(found: Sequence[Evaluation]) -> list[Row]:
    results = [result for one in found for result in one.results]
    patches = {
        patch.key: (patch.patch_sha256, patch.model_patch or "") for one in found for patch in one.predictions
    }
    reach = _reach(results)
    ordered = sorted(results, key=lambda one: (one.instance_id, one.model, one.attempt))
    return [_row(one, patches, reach) for one in ordered]


def _row(result: Result, patches: Mapping[Key, tuple[str, str]], reach: float) -> Row:
    named = (
        ("candidate to expert", result.candidate_expert),
        ("candidate to base", result.candidate_base),
        ("expert to base", result.expert_base),
    )
    patched = result.candidate_base
    return Row(
        model=result.model,
        instance_id=result.instance_id,
        attempt=result.attempt,
        outcome=f"rejected by {result.gate}" if result.gate else result.outcome.value,
        kind={Outcome.SCORED: "good", Outcome.REJECTED: "bad"}.get(result.outcome, ""),
        reason=result.reason,
        compared=tuple(_compared(title, one, reach) for title, one in named if one is not None),
        regressions=() if patched is None else patched.regressions,
        times=tuple(_times(one) for one in result.timings),
        facts=tuple(_facts(result)),
        diff=_diff(result, patches),
    )


def _compared(title: str, one: Comparison, reach: float) -> Compared:
    return Compared(
        title=title,
        ratio=numbers.bracketed(one.ratio, one.low, one.high),
        answer=words.answer(one),
        kind=_KINDS[one.sense],
        clock=f"{one.metric} time, {one.confidence * 100:g} % interval, margin {numbers.ratio(one.margin)}",
        bar=Bar(*(_place(value, reach) for value in (one.low, one.ratio, one.high))),
    )


def _reach(results: Sequence[Result]) -> float:
    """The greatest ratio that is drawn, or the inverse of the smallest; the same on all pages."""
    ends = [
        abs(math.log(end))
        for result in results
        for one in (result.candidate_expert, result.candidate_base, result.expert_base)
        if one is not None
        for end in (one.low, one.high)
    ]
    return min(math.log(_WIDEST), max([math.log(1.1), *ends]))


def _place(ratio: float, reach: float) -> float:
    share = max(-1.0, min(1.0, math.log(ratio) / reach))
    return round(BAR / 2 + share * (BAR / 2 - 4), 1)


def _times(timing: Timing) -> Times:
    base, candidate, expert = (
        f"{numbers.nanoseconds(median(times) * 1e9)} ({len(times)})"
        for times in (timing.base, timing.candidate, timing.expert)
    )
    return Times(timing.name, base, candidate, expert)


def _facts(result: Result) -> list[Fact]:
    cost = result.cost
    tokens = [one for one in (cost.prompt_tokens, cost.completion_tokens) if one is not None]
    found = [
        Fact("Cost", "" if cost.usd is None else numbers.dollars(cost.usd)),
        Fact("Tokens", f"{sum(tokens):,}" if tokens else ""),
        Fact("Making it took", "" if cost.seconds is None else numbers.seconds(cost.seconds)),
        Fact(
            "Scoring it took", "" if cost.scoring_seconds is None else numbers.seconds(cost.scoring_seconds)
        ),
        Fact("Raw samples", result.samples or ""),
        Fact("Scored", result.created),
    ]
    return [one for one in found if one.value]


def _diff(result: Result, patches: Mapping[Key, tuple[str, str]]) -> str | None:
    """The patch that was scored; one that came later under the same key is another."""
    digest, text = patches.get(result.key, ("", ""))
    return text if digest and result.patch_sha256 in (None, digest) else None
