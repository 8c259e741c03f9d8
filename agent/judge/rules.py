"""The judge that needs no model: fixed rules over the same evidence."""

from __future__ import annotations

from collections import Counter

from hotloop.agent.doubts import doubts_of
from hotloop.agent.integrity.finding import Finding, findings_of
from hotloop.agent.judge.base import Review
from hotloop.agent.prompts.quoting import one_line
from hotloop.agent.prompts.words import hotspot_words
from hotloop.agent.state import Decision, Evidence, GateResult, Hotspot, Opinion
from hotloop.profilers.hotspots import amdahl_bound

IDLE_ROUNDS = 2
"""Rounds without anything better after which the search ends."""
SMALLEST_SHARE = 0.02
"""A function with less of the time than this cannot make a difference that is worth a round."""
LARGEST_GAIN = 10.0
"""An expectation beyond this says nothing more than that the function is all of the time."""

_ADVICE = {
    "scope": "keep to source files that may be changed",
    "build": "make a change that builds",
    "integrity": "make the change without touching how code is loaded or run",
    "tests": "keep what the tests check while changing",
    "equivalence": "keep results, types, order, exceptions and arguments as they are while changing",
    "speed": "look for a larger saving, in algorithm or data structure, in",
}


class RulesJudge:
    """Keeps a leader unless its patch adds what hardly any honest one does; ends when nothing comes of it."""

    name = "rules"

    def review(self, review: Review) -> Opinion:
        """Never fails."""
        hotspot = next((spot for spot in review.hotspots if spot.total_share >= SMALLEST_SHARE), None)
        return Opinion(
            decision=_decision(review, hotspot),
            bottleneck=hotspot_words(hotspot)
            if hotspot
            else "nothing in the tree takes a share that matters",
            next_step=_next_step(review, hotspot),
            expected_gain=expected_gain(hotspot),
            origin=self.name,
        )


def expected_gain(hotspot: Hotspot | None) -> float:
    """The most that can be had of a function's own lines: Amdahl's 1/(1 - share), at most 10.

    Of its own lines only: what it calls is another function's bottleneck.
    """
    return 1.0 if hotspot is None else min(LARGEST_GAIN, amdahl_bound(hotspot.self_share))


def _decision(review: Review, hotspot: Hotspot | None) -> Decision:
    if review.leader is not None:
        return Decision.REVISE if suspicions(review.leader) else Decision.ACCEPT
    if review.idle_rounds >= IDLE_ROUNDS or hotspot is None:
        return Decision.STOP
    return Decision.REVISE


def _next_step(review: Review, hotspot: Hotspot | None) -> str:
    """One sentence: away from what most candidates failed on, or on to the hottest function."""
    place = one_line(f"{hotspot.function} in {hotspot.file}", 200) if hotspot else "the workload"
    if review.leader is not None and (hotspot is not None or suspicions(review.leader)):
        return _after(review.leader, place)
    if hotspot is None:
        return "End here: no function of the tree takes a share of the time that matters."
    if review.idle_rounds >= IDLE_ROUNDS:
        return f"End here: {review.idle_rounds} rounds brought nothing better."
    failure, count = _commonest_failure(review)
    if failure is None:
        return f"Reduce the work that {place} does."
    advice = _ADVICE.get(failure.gate, f"mind the {failure.gate} gate while changing")
    detail = one_line(failure.detail, 200)
    return (
        f"{count} of {len(review.evidence)} failed the {failure.gate} gate"
        f"{f' ({detail})' if detail else ''}: {advice} {place}."
    )


def suspicions(evidence: Evidence) -> list[Finding]:
    """What makes a patch that passed every gate one that only a reader may accept."""
    return [one for one in findings_of(evidence.gates) if one.strong]


def _after(leader: Evidence, place: str) -> str:
    found = suspicions(leader)
    if found:
        said = one_line(found[0].words, 300)
        return f"Candidate {leader.candidate.id} is turned down: {said}. Make {place} faster without it."
    risks = [one.words for one in findings_of(leader.gates)] + doubts_of(leader.gates)
    said = f" Risks to look at: {one_line('; '.join(risks[:3]), 400)}." if risks else ""
    return f"Go on from candidate {leader.candidate.id} with {place}.{said}"


def _commonest_failure(review: Review) -> tuple[GateResult | None, int]:
    """The gate that rejected most of the round's candidates, as it first spoke, and how many."""
    failures = [one.failed_gate for one in review.evidence if one.failed_gate is not None]
    if not failures:
        return None, 0
    gate, count = Counter(failure.gate for failure in failures).most_common(1)[0]
    return next(failure for failure in failures if failure.gate == gate), count
