from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hotloop.profilers.compare import MeasureSettings
from hotloop.profilers.engines.base import BASE, CANDIDATE, Cost, Plan, ProcessPair, Track
from hotloop.profilers.outputs import Difference
from hotloop.profilers.summary import summarize
from hotloop.profilers.verdict import Outcome, Verdict

MS = 1_000_000
PLAN = Plan(batch=1, rounds=6)
SETTINGS = MeasureSettings(
    min_speedup=1.02, confidence=0.98, max_seconds=10.0, max_regression=1.1, varies=True, seed=1
)
EASY = Cost(setup=MS, call=10 * MS, digest=MS // 10, idle=MS // 100, wall=10 * MS + MS // 20)

Change = Callable[[Cost], Cost]


def by(ratio: float) -> Change:
    """The call takes `ratio` times as long."""
    return lambda cost: replace(cost, call=int(cost.call * ratio), wall=int(cost.wall * ratio))


def pairs(change: Change, *, count: int = 20, spread: float = 0.01, seed: int = 1) -> list[ProcessPair]:
    """Process pairs of noisy EASY calls; the candidate's go through `change`."""
    rng = random.Random(seed)

    def noisy() -> Cost:
        factor = rng.gauss(1.0, spread)
        return replace(EASY, call=int(EASY.call * factor), wall=int(EASY.wall * factor))

    def track(costs: list[Cost]) -> Track:
        return Track(load=50 * MS, costs=costs, peak_memory=100 << 20)

    return [
        ProcessPair(
            tracks={
                BASE: track([noisy() for _ in range(PLAN.rounds)]),
                CANDIDATE: track([change(noisy()) for _ in range(PLAN.rounds)]),
            },
            difference=None,
            uncompared=(),
            clock="cgroup-v2",
        )
        for _ in range(count)
    ]


def verdict(made: list[ProcessPair], plan: Plan = PLAN, **settings: Any) -> Verdict:
    return summarize(made, plan, replace(SETTINGS, **settings), 3.0)


def test_half_the_time_is_faster_by_two() -> None:
    found = verdict(pairs(by(0.5)))

    assert found.outcome is Outcome.FASTER
    assert found.ratio == pytest.approx(2.0, rel=0.02)
    assert found.low < found.ratio < found.high
    assert (found.metric, found.engine, found.clock) == ("cpu", "ping-pong", "cgroup-v2")
    assert (found.pairs, found.calls) == (20, 120)
    assert found.regressions == ()
    assert found.moved == 0.0


def test_the_same_time_is_not_faster() -> None:
    found = verdict(pairs(by(1.0)))

    assert found.outcome is Outcome.NOT_FASTER
    assert found.low < 1.0 < found.high < 1.02


def test_a_gain_below_the_threshold_is_not_faster() -> None:
    assert verdict(pairs(by(1 / 1.05)), min_speedup=1.2).outcome is Outcome.NOT_FASTER


def test_a_gain_within_the_noise_is_inconclusive() -> None:
    assert verdict(pairs(by(1 / 1.03), count=5, spread=0.2)).outcome is Outcome.INCONCLUSIVE


def test_one_process_pair_decides_nothing() -> None:
    assert verdict(pairs(by(0.1), count=1)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("phase", ["setup", "digest", "idle"])
def test_work_moved_out_of_the_call_is_charged_to_it(phase: str) -> None:
    def moved(cost: Cost) -> Cost:
        return replace(by(0.5)(cost), **{phase: getattr(cost, phase) + cost.call // 2})

    found = verdict(pairs(moved))

    assert found.outcome is Outcome.NOT_FASTER
    assert found.ratio == pytest.approx(1.0, abs=0.02)
    assert found.moved == pytest.approx(1.0, abs=0.1)


def test_work_moved_in_part_leaves_the_rest_of_the_gain() -> None:
    def moved(cost: Cost) -> Cost:
        return replace(by(0.5)(cost), digest=cost.digest + cost.call // 4)

    found = verdict(pairs(moved))

    assert found.outcome is Outcome.FASTER
    assert found.ratio == pytest.approx(1.0 / 0.75, rel=0.03)
    assert found.moved == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("wait", [0, 3 * MS])
def test_work_moved_out_of_the_call_is_charged_where_wall_time_decides(wait: int) -> None:
    """A call that hardly does anything has more wall than CPU time, as one that waits has."""

    def moved(cost: Cost) -> Cost:
        return replace(cost, call=MS // 100, wall=MS // 20 + wait, digest=cost.digest + cost.call)

    found = verdict(pairs(moved))

    assert found.metric == "wall"
    assert found.outcome is not Outcome.FASTER
    assert found.wall.low < 1.02


def test_a_shift_too_noisy_to_be_charged_still_holds_back_the_verdict() -> None:
    made = pairs(lambda cost: replace(by(0.5)(cost), digest=0), count=6)
    for number, pair in enumerate(made):
        costs = pair.tracks[CANDIDATE].costs
        costs[:] = [replace(cost, digest=(0, 2, 10)[number % 3] * 2 * MS) for cost in costs]

    found = verdict(made)

    assert found.low > 1.02
    assert found.outcome is Outcome.INCONCLUSIVE


def test_work_put_off_to_every_third_result_holds_back_the_verdict() -> None:
    """The median of the digests' costs does not see it."""
    made = pairs(by(0.5))
    for pair in made:
        costs = pair.tracks[CANDIDATE].costs
        costs[::3] = [replace(cost, digest=cost.digest + 15 * MS) for cost in costs[::3]]

    assert verdict(made).outcome is not Outcome.FASTER


@pytest.mark.parametrize("digest", [MS, 10 * MS])
def test_a_gain_is_found_beside_a_digest_that_costs_as_much_and_varies(digest: int) -> None:
    rng = random.Random(3)
    made = pairs(by(1 / 1.08))
    for pair in made:
        for track in pair.tracks.values():
            track.costs[:] = [replace(cost, digest=int(digest * rng.gauss(1, 0.03))) for cost in track.costs]

    assert verdict(made).outcome is Outcome.FASTER


def test_less_work_outside_the_call_is_no_gain() -> None:
    found = verdict(pairs(lambda cost: replace(cost, setup=0, digest=0)))

    assert found.outcome is Outcome.NOT_FASTER
    assert found.ratio == pytest.approx(1.0, abs=0.02)


def test_wall_time_decides_where_a_side_waits() -> None:
    """Half the CPU time, but every call sleeps as long as before: nobody waits less."""
    found = verdict(pairs(lambda cost: replace(cost, call=cost.call // 2)))

    assert found.metric == "wall"
    assert found.outcome is Outcome.NOT_FASTER
    assert found.cpu.ratio == pytest.approx(2.0, rel=0.03)
    assert any("wall time decides" in note for note in found.notes)


def test_one_call_without_a_wait_shows_that_a_neighbour_was_the_cause() -> None:
    made = pairs(by(0.5))
    for pair in made:
        costs = pair.tracks[CANDIDATE].costs
        costs[1:] = [replace(cost, wall=3 * cost.wall) for cost in costs[1:]]

    assert verdict(made).metric == "cpu"


def test_more_cpu_time_for_less_wall_time_is_a_regression() -> None:
    """Threads: half the wall time at twice the CPU time."""

    def threads(cost: Cost) -> Cost:
        return replace(cost, call=2 * cost.call, wall=cost.wall // 2)

    found = verdict(pairs(threads))

    assert any(line.startswith("CPU time became 2.0") for line in found.regressions)


def test_a_slower_candidate_regresses_in_both_times() -> None:
    found = verdict(pairs(by(1.5)))

    assert found.outcome is Outcome.NOT_FASTER
    assert [line.split()[0] for line in found.regressions] == ["wall", "CPU"]


@pytest.mark.parametrize(("mebibytes", "regressed"), [(100, False), (115, False), (130, True), (20, False)])
def test_memory_past_the_limit_is_a_regression(mebibytes: int, regressed: bool) -> None:
    made = pairs(by(0.5))
    for pair in made:
        pair.tracks[CANDIDATE].peak_memory = mebibytes << 20
    found = verdict(made)

    assert found.peak_memory == (100 << 20, mebibytes << 20)
    assert any("peak memory rose from 100 to" in line for line in found.regressions) is regressed


@pytest.mark.parametrize(("milliseconds", "regressed"), [(50, False), (58, False), (80, True), (1, False)])
def test_work_moved_to_import_is_a_regression(milliseconds: int, regressed: bool) -> None:
    made = pairs(by(0.5))
    for pair in made:
        pair.tracks[CANDIDATE].load = milliseconds * MS
    found = verdict(made)

    assert found.phases["import"].candidate_ns == milliseconds * MS
    assert any("import rose from 50.0 to" in line for line in found.regressions) is regressed


@pytest.mark.parametrize(("times", "regressed"), [(1.0, False), (1.9, False), (4.0, True)])
def test_work_moved_to_the_first_call_is_a_regression(times: float, regressed: bool) -> None:
    made = pairs(by(0.1))
    for pair in made:
        pair.tracks[CANDIDATE].costs[0] = by(times)(EASY)
    found = verdict(made)

    assert found.outcome is Outcome.FASTER
    assert any("the first call rose from 10" in line for line in found.regressions) is regressed


def test_work_that_every_third_call_does_for_the_others_is_no_gain() -> None:
    made = pairs(by(0.1))
    for pair in made:
        costs = pair.tracks[CANDIDATE].costs
        costs[2::3] = [by(30.0)(cost) for cost in costs[2::3]]
    found = verdict(made)

    assert found.ratio > 5
    assert found.outcome is Outcome.INCONCLUSIVE


def test_only_first_calls_count_where_inputs_never_change() -> None:
    """A cache makes every later call free; the first is as slow as before."""
    made = pairs(by(1.0), count=60)
    for pair in made:
        costs = pair.tracks[CANDIDATE].costs
        costs[1:] = [by(0.01)(cost) for cost in costs[1:]]

    found = verdict(made, replace(PLAN, first_only=True))
    warm = verdict(made)

    assert found.outcome is Outcome.NOT_FASTER
    assert found.engine == "ping-pong, first calls"
    assert found.warm is not None
    assert found.warm.ratio > 50
    assert warm.outcome is Outcome.FASTER
    assert warm.first_call is not None
    assert warm.first_call.high < 1.1


def test_times_of_a_batch_are_reported_for_one_call() -> None:
    found = verdict(pairs(by(0.5)), replace(PLAN, batch=4))

    assert found.calls == 480
    assert found.phases["call"].base_ns == pytest.approx(2.5 * MS, rel=0.02)
    assert found.phases["call"].candidate_ns == pytest.approx(1.25 * MS, rel=0.02)


def test_no_ratio_counts_where_outputs_differ() -> None:
    made = pairs(by(0.5))
    made[3] = replace(made[3], difference=Difference(9, "result: base gave 1, the candidate 2"))
    found = verdict(made)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.differs == "seed 9: result: base gave 1, the candidate 2"


def test_a_verdict_without_an_interval_can_be_stored() -> None:
    found = verdict(pairs(by(0.5), count=1))

    assert Verdict.model_validate_json(found.model_dump_json()) == found


def test_child_processes_and_uncompared_types_are_reported() -> None:
    made = [replace(pair, uncompared=("pkg.Thing",)) for pair in pairs(by(0.5))]
    made[0].tracks[CANDIDATE].children = True
    found = verdict(made)

    assert found.uncompared == ("pkg.Thing",)
    assert any("child processes" in note for note in found.notes)


def test_equal_pairs_are_rarely_called_faster() -> None:
    """Forty series of equal sides, looked at after every pair: at 98 % hardly one may be faster."""
    faster = 0
    for seed in range(40):
        made = pairs(by(1.0), count=15, spread=0.05, seed=seed)
        looks = (verdict(made[:count], min_speedup=1.0).outcome for count in range(5, 16))
        faster += Outcome.FASTER in looks

    assert faster <= 3


def test_start_up_is_taken_off_both_sides_beside_the_raw_figure() -> None:
    plan = replace(PLAN, engine="co-scheduled", startup_ns=EASY.call / 4)
    found = verdict(pairs(by(0.5)), plan)

    assert found.cpu.ratio == pytest.approx(2.0, rel=0.02)
    assert found.net is not None
    assert found.net.ratio == pytest.approx(3.0, rel=0.03)


def test_a_start_up_as_long_as_a_call_leaves_no_net_figure() -> None:
    assert verdict(pairs(by(0.5)), replace(PLAN, engine="co-scheduled", startup_ns=EASY.call)).net is None


def test_abba_decides_by_wall_time_though_nothing_waits() -> None:
    found = verdict(pairs(lambda cost: replace(cost, wall=cost.wall // 2)), replace(PLAN, engine="abba"))

    assert (found.metric, found.engine) == ("wall", "abba")
    assert found.ratio == found.wall.ratio == pytest.approx(2.0, rel=0.02)
    assert found.cpu.ratio == pytest.approx(1.0, rel=0.02)


def test_wall_time_that_others_took_is_not_waiting() -> None:
    def kept_out(cost: Cost) -> Cost:
        return replace(cost, wall=3 * cost.wall, delay=2 * cost.wall)

    assert verdict(pairs(kept_out)).metric == "cpu"
    assert verdict(pairs(lambda cost: replace(cost, wall=3 * cost.wall))).metric == "wall"


def test_cpu_time_has_a_limit_of_its_own() -> None:
    def parallel(cost: Cost) -> Cost:
        return replace(cost, wall=cost.wall // 2, call=int(cost.call * 1.3))

    plan = replace(PLAN, engine="abba")
    assert any("CPU time became" in line for line in verdict(pairs(parallel), plan).regressions)
    assert verdict(pairs(parallel), plan, max_cpu_regression=2.0).regressions == ()
