"""What every report says, worked out once: numbers become words here, and nowhere else.

Text in a view is still untrusted; each medium escapes it (`escape`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from hotloop.agent.doubts import doubts_of
from hotloop.agent.integrity.finding import findings_of
from hotloop.agent.report import numbers
from hotloop.agent.report.proof import Fact, phases, proof
from hotloop.agent.report.redo import redo_command
from hotloop.agent.result import RunRecord, Status, TestCounts
from hotloop.agent.state import Evidence, GateResult
from hotloop.profilers.profile import Hotspot

_HEADLINES = {
    Status.IMPROVED: "Verified faster",
    Status.NO_IMPROVEMENT: "No verified improvement",
    Status.STOPPED: "Stopped before an answer",
    Status.FAILED: "The run failed",
}
_SHOWN_HOTSPOTS = 10
_OUTDONE = "passed every gate; not part of what was published"


@dataclass(frozen=True)
class HotspotRow:
    """Shares of the workload's time, before and after; `after` is "" where nothing was published."""

    function: str
    place: str
    self_share: str
    total_share: str
    bound: str
    width: float
    after: str


@dataclass(frozen=True)
class CandidateLine:
    """One candidate of the table. `reason` says why it was not published."""

    id: int
    round: int
    parent: str
    summary: str
    origin: str
    status: str
    gate: str
    speedup: str
    reason: str


@dataclass(frozen=True)
class View:
    """A report, in words, in the order it is read."""

    title: str
    status: str
    headline: str
    subline: str
    about: list[Fact]
    lineage: list[CandidateLine]
    judge: list[Fact]
    patch: str
    proof: list[Fact]
    phases: list[Fact]
    gates: list[GateResult]
    tests: list[Fact]
    look_at: list[str]
    unchecked: list[str]
    all_compared: bool
    hotspots: list[HotspotRow]
    candidates: list[CandidateLine]
    cost: list[Fact]
    settings: list[Fact]
    machine: list[Fact]
    redo: str


def view(record: RunRecord) -> View:
    lines = [_candidate_line(one, record) for one in record.evidence]
    family = _lineage(record)
    return View(
        title=PurePath(record.repo.rstrip("/")).name or record.repo,
        status=record.result.status.value,
        headline=headline(record),
        subline=subline(record),
        about=_about(record),
        lineage=[line for line in lines if line.id in family],
        judge=_judge(record),
        patch=record.patch_text,
        proof=proof(record),
        phases=phases(record.verdict),
        gates=_gates(record),
        tests=_tests(record),
        look_at=[*(one.words for one in findings_of(_gates(record))), *doubts_of(_gates(record))],
        unchecked=_unchecked(record),
        all_compared=record.verdict is not None,
        hotspots=_hotspots(record),
        candidates=lines,
        cost=_cost(record),
        settings=_settings(record),
        machine=_machine(record),
        redo=redo_command(record),
    )


def _gates(record: RunRecord) -> list[GateResult]:
    """Of the last verification; of the search where there was none."""
    return list(record.final_gates or (record.winning.gates if record.winning else ()))


def headline(record: RunRecord) -> str:
    speedup = record.result.speedup
    if record.result.status is Status.IMPROVED and speedup is not None:
        return f"{numbers.ratio(speedup.ratio)} faster"
    return _HEADLINES[record.result.status]


def subline(record: RunRecord) -> str:
    """The interval of a published figure, or why there is none."""
    speedup = record.result.speedup
    if record.result.status is not Status.IMPROVED or speedup is None:
        return record.stop_reason
    metric = f"{record.verdict.metric} time" if record.verdict else "time"
    return (
        f"{speedup.confidence * 100:g} % confidence interval {speedup.low:.3f} to {speedup.high:.3f}, "
        f"{metric}, base and patch paired ({speedup.engine}), measured again from clean"
    )


def _about(record: RunRecord) -> list[Fact]:
    settings = record.settings
    rows = [
        Fact("Repository", record.repo),
        Fact("Base commit", record.commit or "none: not a git repository"),
        Fact("Workload", str(settings.get("workload") or settings.get("command") or "")),
        Fact("Tests", str(settings.get("tests") or "found from the repository")),
        Fact("Coder", record.coder),
        Fact("Sandbox", record.sandbox),
        Fact("Run", record.result.run_id),
        Fact("Started", record.created),
        Fact("Ended because", record.stop_reason),
    ]
    return [row for row in rows if row.value]


def _lineage(record: RunRecord) -> set[int]:
    """Ids of the published candidate and all that it grew from."""
    parents = {one.candidate.id: one.candidate.parent for one in record.evidence}
    family: set[int] = set()
    current = record.winner
    while current is not None and current not in family:
        family.add(current)
        current = parents.get(current)
    return family


def _judge(record: RunRecord) -> list[Fact]:
    opinion = record.winning.opinion if record.winning else None
    if opinion is None:
        return []
    return [
        Fact("Bottleneck it named", opinion.bottleneck),
        Fact("Next step it named", opinion.next_step),
    ]


def _tests(record: RunRecord) -> list[Fact]:
    counts = record.result.tests
    if counts == TestCounts():
        return []
    return [
        Fact("Passed", str(counts.passed)),
        Fact("Failed", str(counts.failed)),
        Fact("Flaky at base", str(counts.flaky), "differed between two runs of base"),
        Fact("Not reported", str(counts.not_reported), "each counts as a failure"),
    ]


def _unchecked(record: RunRecord) -> list[str]:
    verdict = record.verdict
    types = (*record.not_compared, *(verdict.uncompared if verdict else ()))
    compared = [f"Not compared: {what}" for what in types]
    return list(dict.fromkeys([*compared, *record.notes, *(verdict.notes if verdict else ())]))


def _hotspots(record: RunRecord) -> list[HotspotRow]:
    after = {(spot.file, spot.function): spot for spot in record.hotspots_after}
    return [
        _hotspot_row(spot, after.get((spot.file, spot.function)), bool(after))
        for spot in record.hotspots_before[:_SHOWN_HOTSPOTS]
    ]


def _hotspot_row(spot: Hotspot, now: Hotspot | None, profiled_again: bool) -> HotspotRow:
    gone = "none seen" if profiled_again else ""
    return HotspotRow(
        function=spot.function,
        place=f"{spot.file}:{spot.line}",
        self_share=numbers.percent(spot.self_share),
        total_share=numbers.percent(spot.total_share),
        bound=numbers.ratio(spot.bound),
        width=round(100 * min(max(spot.total_share, 0.0), 1.0), 1),
        after=numbers.percent(now.total_share) if now else gone,
    )


def _candidate_line(one: Evidence, record: RunRecord) -> CandidateLine:
    failed, verdict = one.failed_gate, one.verdict
    parent = one.candidate.parent
    return CandidateLine(
        id=one.candidate.id,
        round=one.candidate.round,
        parent="base" if parent is None else f"{parent}",
        summary=one.candidate.summary,
        origin=one.candidate.origin,
        status="published" if one.candidate.id == record.winner else one.status,
        gate=failed.gate if failed else "",
        speedup=numbers.bracketed(verdict.ratio, verdict.low, verdict.high) if verdict else "",
        reason=_reason(one, record),
    )


def _reason(one: Evidence, record: RunRecord) -> str:
    if one.candidate.failure is not None:
        return one.candidate.failure
    if one.failed_gate is not None:
        return one.failed_gate.detail
    if one.opinion is not None and one.vetoed:
        return f"passed every gate; the judge turned it down: {one.opinion.next_step}"
    if one.candidate.id == record.winner or not one.passed:
        return ""
    return "the published patch grew from it" if one.candidate.id in _lineage(record) else _OUTDONE


def _cost(record: RunRecord) -> list[Fact]:
    cost = record.result.cost
    return [
        Fact("Wall time", numbers.seconds(cost.wall_seconds)),
        Fact("Time in sandboxes", numbers.seconds(cost.sandbox_seconds)),
        Fact("Model requests", f"{cost.turns:,}"),
        Fact("Tokens", f"{cost.prompt_tokens:,} in prompts, {cost.completion_tokens:,} in replies"),
        Fact("Dollars", numbers.dollars(cost.usd)),
    ]


def _settings(record: RunRecord) -> list[Fact]:
    return [
        Fact(name, str(value), record.origins.get(name, "default"))
        for name, value in record.settings.items()
        if record.origins.get(name, "default") != "default"
    ]


def _machine(record: RunRecord) -> list[Fact]:
    named = {name.replace("_", " "): _machine_value(name, value) for name, value in record.machine.items()}
    return [Fact(name, str(value)) for name, value in {**named, **record.versions}.items()]


def _machine_value(name: str, value: object) -> object:
    if name == "memory_bytes" and isinstance(value, int):
        return numbers.size(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else value
