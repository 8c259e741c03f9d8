"""From the graph's last state to what is published."""

from __future__ import annotations

from hotloop.agent import machine
from hotloop.agent.baseline import Baseline
from hotloop.agent.nodes.common import all_evidence
from hotloop.agent.nodes.finish import Verification
from hotloop.agent.plan import Plan
from hotloop.agent.result import CandidateRow, RunRecord, RunResult, Speedup, Status, TestCounts
from hotloop.agent.state import Hotspot, RunState, Spent
from hotloop.agent.workshop import Workshop
from hotloop.repos.suites import flaky_tests

UNCHECKED = "types whose values cannot be compared: "


def record_of(state: RunState, plan: Plan, shop: Workshop) -> RunRecord:
    """Everything the reports are made from."""
    final = state.get("final")
    verified = Verification.model_validate(final) if final is not None else None
    holds = verified is not None and verified.holds
    evidence = tuple(all_evidence(state))
    known = Baseline.model_validate(state["baseline"])
    winner = next(
        (one.candidate for one in evidence if holds and verified and one.candidate.id == verified.candidate),
        None,
    )
    return RunRecord(
        result=result_of(state, plan, shop, verified),
        created=plan.created,
        repo=plan.repo,
        commit=plan.base if plan.git_dir is not None else None,
        settings=plan.settings.model_dump(mode="json"),
        origins=plan.origins,
        versions=machine.versions(),
        machine=machine.facts(),
        sandbox=plan.sandbox,
        coder=plan.coder,
        noise=known.noise,
        hotspots_before=_spots(state),
        hotspots_after=verified.hotspots if verified is not None and holds else (),
        evidence=evidence,
        winner=winner.id if winner else None,
        verdict=verified.verdict if verified is not None else None,
        final_gates=verified.gates if verified is not None else (),
        patch_text=winner.patch if winner else "",
        stop_reason=state.get("stop_reason") or "",
        not_compared=not_compared(known, verified),
        notes=notes(known, verified),
    )


def _spots(state: RunState) -> tuple[Hotspot, ...]:
    return tuple(Hotspot.model_validate(entry) for entry in state.get("hotspots_base", []))


def result_of(state: RunState, plan: Plan, shop: Workshop, verified: Verification | None) -> RunResult:
    """The object of `--json`."""
    holds = verified is not None and verified.holds
    return RunResult(
        run_id=plan.run_id,
        status=status_of(state, holds),
        speedup=Speedup.of(verified.verdict) if verified is not None and holds and verified.verdict else None,
        patch=str(shop.folder.patch) if holds else None,
        tests=test_counts(verified, Baseline.model_validate(state["baseline"])),
        cost=cost_of(state, shop.budget.spent()),
        candidates=tuple(CandidateRow.of(one) for one in all_evidence(state)),
        report=str(shop.folder.path / "report.md"),
    )


def status_of(state: RunState, holds: bool) -> Status:
    """A limit that came before anything was found leaves the question open; all else answers it."""
    if holds:
        return Status.IMPROVED
    return (
        Status.STOPPED if state.get("out_of_budget") and state.get("best") is None else Status.NO_IMPROVEMENT
    )


def cost_of(state: RunState, spent: Spent) -> Spent:
    return spent.model_copy(
        update={
            "wall_seconds": state.get("wall_seconds", 0.0),
            "sandbox_seconds": state.get("sandbox_seconds", 0.0),
        }
    )


def test_counts(verified: Verification | None, known: Baseline) -> TestCounts:
    """Of the published patch; of base where no patch came as far as the tests."""
    gates = verified.gates if verified is not None else ()
    facts = next((gate.facts for gate in gates if gate.gate == "tests"), None)
    if facts is None:
        return TestCounts(passed=len(known.tests[0].passed), flaky=len(flaky_tests(known.tests)))
    return TestCounts(**{name: facts[name] for name in TestCounts.model_fields})


def not_compared(known: Baseline, verified: Verification | None) -> tuple[str, ...]:
    verdict = verified.verdict if verified is not None else None
    names = sorted({*known.uncompared, *(verdict.uncompared if verdict is not None else ())})
    found = ["the workload returns nothing"] if known.nothing else []
    return (*found, *([UNCHECKED + ", ".join(names)] if names else []))


def notes(known: Baseline, verified: Verification | None) -> tuple[str, ...]:
    if verified is None:
        return known.notes
    failure = next((gate for gate in verified.gates if not gate.passed), None)
    lost = (
        [f"the best candidate did not hold when verified from clean ({failure.gate}: {failure.detail})"]
        if failure
        else []
    )
    said = [note for gate in verified.gates if gate.gate == "tests" for note in gate.facts.get("notes", ())]
    return (*known.notes, *lost, *said, *(verified.verdict.notes if verified.verdict is not None else ()))
