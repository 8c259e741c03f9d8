"""Baseline: tests twice, the workload's character, and base measured against itself.

What cannot be believed at base cannot be believed of a candidate: a failing
test, a workload that raises or that gives two outputs for one seed ends here.
"""

from __future__ import annotations

import random
from typing import Any

from hotloop.agent.baseline import Baseline
from hotloop.agent.bench import Bench
from hotloop.agent.measuring import measure_settings
from hotloop.agent.state import RunState
from hotloop.agent.testing import run_in_copy
from hotloop.agent.workshop import Workshop
from hotloop.errors import UsageError
from hotloop.profilers.command import AnyWorkload, CommandWorkload
from hotloop.profilers.compare import noise_floor
from hotloop.profilers.engines.base import SideFailure
from hotloop.profilers.probe import Character, character
from hotloop.profilers.probe_command import character_of_command
from hotloop.profilers.verdict import NoiseFloor
from hotloop.profilers.workload import WorkloadFailure
from hotloop.repos.suites import TestReport, flaky_tests
from hotloop.sandboxes.base import Sandbox


def baseline(state: RunState, shop: Workshop) -> dict[str, Any]:
    seen = examine(shop)
    reports = test_base(shop)
    noise = measure_noise(shop, seen)
    known = Baseline(
        tests=reports,
        noise=noise,
        varies=seen.varies,
        hash_proof=seen.hash_proof,
        nothing=seen.nothing,
        uncompared=seen.uncompared,
        notes=(*notes(seen), *notes_on_tests(shop, reports)),
    )
    shop.events.emit(
        "baseline",
        passed=len(reports[0].passed),
        failed=0,
        flaky=len(flaky_tests(reports)),
        call_ms=noise.call_ns / 1e6,
        noise_low=noise.interval.low,
        noise_high=noise.interval.high,
        detectable=noise.detectable,
    )
    for note in known.notes:
        shop.events.log(note)
    return {"baseline": known.model_dump(mode="json")}


def examine(shop: Bench) -> Character:
    """The workload at base. Raises UsageError when it fails or cannot be repeated."""
    try:
        with shop.sandbox(shop.base_tree) as sandbox:
            seen = look(sandbox, shop.workload, random.Random(f"{shop.settings.seed}/character"))
    except WorkloadFailure as failure:
        raise UsageError(
            f"The workload fails at base: {failure}", "Mend the workload, or --env if an import fails"
        ) from None
    if seen.raised is not None:
        raise UsageError(f"The workload fails at base: {seen.raised}", "Mend the workload") from None
    if not seen.repeats and seen.kind != "command":
        raise UsageError(
            "The workload gives different outputs for one seed",
            "Derive everything from the seed of setup(seed); return nothing that holds a time or an id",
        )
    return seen


def look(sandbox: Sandbox, workload: AnyWorkload, rng: random.Random) -> Character:
    if isinstance(workload, CommandWorkload):
        return character_of_command(sandbox, workload, rng)
    return character(sandbox, workload, rng)


def test_base(shop: Workshop) -> tuple[TestReport, ...]:
    """Two runs of the tests. Raises UsageError when none pass or one fails both times."""
    reports = tuple(run_in_copy(shop, shop.base_tree, f"tests-base-{number}") for number in (1, 2))
    flaky = flaky_tests(reports)
    broken = [name for name in reports[0].failures if name not in flaky]
    if broken:
        raise UsageError(
            f"{len(broken)} test(s) fail at base: {', '.join(broken[:3])}",
            "Mend or deselect them in --tests, or install what they need with --env",
        )
    if not reports[0].passed:
        tail = " | ".join(reports[0].tail.strip().splitlines()[-2:])[:400]
        raise UsageError(f"No test passes at base: {tail}", "Check --tests and --env")
    return reports


def notes_on_tests(shop: Workshop, reports: tuple[TestReport, ...]) -> list[str]:
    """How much the tests can be believed, where that is less than usual."""
    found = []
    if not shop.suite.knows_tests:
        found.append(f"the tests rest on {shop.suite.evidence}")
    flaky = flaky_tests(reports)
    if flaky:
        more = f" and {len(flaky) - 5} more" if len(flaky) > 5 else ""
        found.append(f"tests that differ between runs of base are not judged: {', '.join(flaky[:5])}{more}")
    odd = [anomaly for anomaly in reports[0].anomalies if all(anomaly in run.anomalies for run in reports)]
    found += [f"at base, too: {anomaly}" for anomaly in odd if "framework" not in anomaly]
    return found


def measure_noise(shop: Bench, seen: Character) -> NoiseFloor:
    settings = measure_settings(shop.settings, seen.varies, seed=shop.settings.seed)
    try:
        with shop.sandbox(shop.base_tree) as base, shop.sandbox(shop.base_tree) as twin:
            return noise_floor(base, twin, shop.workload, settings)
    except SideFailure as broken:
        raise broken.as_infrastructure() from broken


def notes(seen: Character) -> list[str]:
    """What the user should know of the workload, one line each."""
    if seen.kind == "command":
        return notes_on_command(seen)
    found = []
    if seen.nothing:
        found.append("the workload returns nothing: its output is not compared")
    if not seen.varies:
        found.append("inputs do not change with the seed: first calls of fresh processes decide")
    if not seen.hash_proof:
        found.append("outputs depend on the hash seed: they are compared under equal hash seeds only")
    if seen.modules == 0:
        found.append("the workload loads no module of the repository")
    return found


def notes_on_command(seen: Character) -> list[str]:
    found = []
    if seen.nothing:
        found.append("the command prints nothing: only its exit status is compared")
    if not seen.repeats:
        found.append("the command's output differs from run to run: only its exit status is compared")
    if not seen.varies:
        found.append("the command's output does not depend on HOTLOOP_SEED: all inputs are the same")
    return found
