"""Evidence in words, as coder and judge are told it. All of it bounded."""

from __future__ import annotations

from collections.abc import Sequence

from hotloop.agent.doubts import doubts_of
from hotloop.agent.integrity.finding import findings_of
from hotloop.agent.prompts.quoting import clip, one_line
from hotloop.agent.state import Evidence, GateResult, Hotspot
from hotloop.profilers.verdict import Verdict

_GATE_DETAIL = 800
_FINDINGS = 12


def verdict_words(verdict: Verdict) -> str:
    said = verdict.outcome.value.replace("_", " ")
    return (
        f"{said}: {verdict.ratio:.3f} times as fast as the tree it started from "
        f"({verdict.confidence:.0%} interval {verdict.low:.3f} to {verdict.high:.3f}, {verdict.metric} time)"
    )


def gate_words(gate: GateResult) -> str:
    word = "passed" if gate.passed else "FAILED"
    detail = clip(gate.detail.strip(), _GATE_DETAIL)
    return f"gate {gate.gate} {word}{': ' + detail if detail else ''}"


def findings_words(evidence: Evidence) -> list[str]:
    """What a reviewer should look at in a patch, the certain first, one line each."""
    found = findings_of(evidence.gates)
    lines = [f"to look at: {one_line(one.words, 500)}" for one in found[:_FINDINGS]]
    left_out = len(found) - len(lines)
    return [*lines, *([f"({left_out} more to look at are left out)"] if left_out else [])]


def doubts_words(evidence: Evidence) -> list[str]:
    """What gates saw and could not hold against it, one line each."""
    return [one_line(text, 500) for text in doubts_of(evidence.gates)[:_FINDINGS]]


def outcome_words(evidence: Evidence) -> str:
    """Why a candidate was not kept, or what it gained."""
    if evidence.candidate.failure is not None:
        return f"unusable reply: {clip(evidence.candidate.failure, _GATE_DETAIL)}"
    if evidence.failed_gate is not None:
        return gate_words(evidence.failed_gate)
    if evidence.verdict is None:
        return "not measured"
    turned_down = evidence.opinion if evidence.vetoed else None
    judged = f"; turned down: {one_line(turned_down.next_step, 300)}" if turned_down else ""
    return f"{'kept; ' if evidence.kept else ''}{verdict_words(evidence.verdict)}{judged}"


def history_words(tried: Sequence[Evidence], most: int) -> str:
    """The last `most` candidates, oldest first, one paragraph each."""
    lines = [
        f"{one.candidate.id}. [{one.status}] {one_line(one.candidate.summary, 200)}\n   {outcome_words(one)}"
        for one in tried[-most:]
    ]
    left_out = len(tried) - len(lines)
    return "\n".join([*([f"({left_out} earlier ones are left out)"] if left_out else []), *lines])


def hotspot_words(hotspot: Hotspot) -> str:
    calls = f", {hotspot.calls} calls" if hotspot.calls else ""
    callers = f"; called from {', '.join(hotspot.callers[:3])}" if hotspot.callers else ""
    return one_line(
        f"{hotspot.function} ({hotspot.file}:{hotspot.line}): {hotspot.self_share:.1%} of the time "
        f"in its own lines, {hotspot.total_share:.1%} with what it calls{calls}{callers}",
        400,
    )


def hotspots_words(hotspots: Sequence[Hotspot], most: int) -> str:
    return "\n".join(f"{n}. {hotspot_words(spot)}" for n, spot in enumerate(hotspots[:most], 1))
