from __future__ import annotations

from rich.console import Console, Group

from hotloop.agent.report.scaling import scaling_lines, scaling_table
from hotloop.profilers.scaling import Scaling, ScalingPoint, scaling_of
from hotloop.profilers.verdict import Outcome


def point(
    size: int, base: float, candidate: float, outcome: Outcome, differs: str | None = None
) -> ScalingPoint:
    ratio = base / candidate
    return ScalingPoint(
        size=size,
        base_ns=base * 1e6,
        candidate_ns=candidate * 1e6,
        outcome=outcome,
        ratio=ratio,
        low=ratio * 0.99,
        high=ratio * 1.01,
        differs=differs,
    )


def rendered(scaling: Scaling | None) -> str:
    console = Console(width=120, record=True, file=None, quiet=True)
    with console.capture() as captured:
        console.quiet = False
        console.print(Group(*scaling_table(scaling)))
    return captured.get()


CROSSING = scaling_of(
    [point(10, 1.0, 10.0, Outcome.NOT_FASTER), point(1000, 100.0, 10.0, Outcome.FASTER)], 0.98
)


def test_each_size_has_a_row_with_both_costs_and_the_ratio() -> None:
    told = rendered(CROSSING)

    assert "1,000  100 ms  10 ms      10.000× [9.900, 10.100]  faster" in told
    assert "0.100× [0.099, 0.101]    slower" in told


def test_a_crossover_and_slower_small_inputs_are_said_in_words() -> None:
    told = scaling_lines(CROSSING)

    assert told[0] == "Cost grows as size to the power of 1.00 at base and 0.00 at the candidate."
    assert "faster one for larger inputs than about 100 " in told[1]
    assert told[2] == "Worse: small inputs became slower (size 10)."


def test_where_outputs_differ_no_ratio_is_shown() -> None:
    scaling = scaling_of(
        [point(10, 1.0, 1.0, Outcome.INCONCLUSIVE, "seed 1: other"), point(20, 2.0, 1.0, Outcome.FASTER)],
        0.98,
    )
    told = rendered(scaling)

    assert "outputs differ" in told
    assert "to the power of" not in told


def test_without_sizes_nothing_is_shown() -> None:
    assert scaling_table(None) == []
