"""The figures that a published patch rests on, in words."""

from __future__ import annotations

from dataclasses import dataclass

from hotloop.agent.report import numbers
from hotloop.agent.result import RunRecord
from hotloop.profilers.verdict import NoiseFloor, Verdict


@dataclass(frozen=True)
class Fact:
    """One line of a list: what, how much, and what it means."""

    name: str
    value: str
    meaning: str = ""


def proof(record: RunRecord) -> list[Fact]:
    """The noise floor, then every figure of the published verdict."""
    return [*noise_facts(record.noise), *(verdict_facts(record.verdict) if record.verdict else [])]


def noise_facts(noise: NoiseFloor | None) -> list[Fact]:
    """Base against base; nothing where it was not measured."""
    if noise is None:
        return []
    return [
        Fact("Base against base", numbers.span(noise.interval), "what no change looks like here"),
        Fact(
            "Smallest gain it could show",
            numbers.ratio(noise.detectable),
            "on this machine, within the measuring budget",
        ),
    ]


def verdict_facts(verdict: Verdict) -> list[Fact]:
    """Every figure of a verdict; "patch" is the candidate."""
    base, patched = verdict.peak_memory
    deciding = verdict.cpu if verdict.metric == "cpu" else verdict.wall
    first = verdict.first_call
    return [
        Fact(
            "Verdict",
            f"{verdict.outcome.value.replace('_', ' ')}: {numbers.span(deciding)}",
            f"{verdict.confidence * 100:g} % interval; "
            f"{numbers.ratio(verdict.min_speedup)} had to be exceeded by its lower end",
        ),
        Fact("CPU time", numbers.span(verdict.cpu), "base over patch"),
        Fact("Wall time", numbers.span(verdict.wall), "base over patch"),
        Fact(
            "First call in a fresh process",
            numbers.span(first) if first else "too few to say",
            "beside the warm figure above: caches and lazy set-up would show here",
        ),
        *([Fact("Warm calls", numbers.span(verdict.warm), "first calls decided")] if verdict.warm else []),
        *_other_signals(verdict),
        Fact("Gain that came back elsewhere", numbers.percent(verdict.moved), "in import, setup or digest"),
        Fact("Peak memory", _memory(base, patched), "base → patch"),
        Fact(
            "Sampled",
            f"{numbers.count(verdict.pairs, 'process pair')}, {numbers.count(verdict.calls, 'call')} "
            f"on each side, {numbers.seconds(verdict.seconds)}",
            f"{verdict.engine}, clock: {verdict.clock}, read from outside the target",
        ),
    ]


def _other_signals(verdict: Verdict) -> list[Fact]:
    """What is told beside time and decides nothing."""
    found = []
    if verdict.net is not None:
        found.append(
            Fact("Without start-up", numbers.span(verdict.net), "a bare interpreter's time taken off")
        )
    if verdict.import_time is not None:
        found.append(Fact("Import", numbers.span(verdict.import_time), "base over patch, CPU time"))
    counted, metered = verdict.instructions, verdict.energy
    if counted is not None:
        figures = numbers.bracketed(counted.ratio, counted.low, counted.high)
        meaning = f"base over patch, {counted.source}, least and most of {counted.repeats}; decides nothing"
        found.append(Fact("Instructions", figures, meaning))
    if metered is not None:
        figures = numbers.bracketed(metered.ratio, metered.low, metered.high)
        found.append(Fact("Energy", figures, f"base over patch, {metered.source}; decides nothing"))
    return found


def _memory(base: int, patched: int) -> str:
    if not base or not patched:
        return "unknown"
    return f"{numbers.size(base)} → {numbers.size(patched)} ({patched / base:.2f}×)"


def phases(verdict: Verdict | None) -> list[Fact]:
    """One call, phase by phase; `value` is base, `meaning` the patch."""
    if verdict is None:
        return []
    return [
        Fact(name, numbers.nanoseconds(cost.base_ns), numbers.nanoseconds(cost.candidate_ns))
        for name, cost in verdict.phases.items()
    ]
