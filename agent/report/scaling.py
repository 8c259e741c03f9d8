"""Cost against input size on a terminal."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from hotloop.agent.report import numbers
from hotloop.agent.report.escape import line
from hotloop.profilers.scaling import Growth, Scaling, ScalingPoint

_COLUMNS = ("size", "base", "candidate", "base over candidate", "")


def scaling_table(scaling: Scaling | None) -> list[RenderableType]:
    """A row a size, then what follows from them; nothing where no sizes were asked for."""
    if scaling is None:
        return []
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in _COLUMNS:
        table.add_column(name, no_wrap=True)
    for point in scaling.points:
        table.add_row(*map(Text, _row(point)))
    return [Text(), table, *(Text(line(text, 300)) for text in scaling_lines(scaling))]


def _row(point: ScalingPoint) -> tuple[str, ...]:
    words = {1: "faster", 0: "", -1: "slower"}
    return (
        f"{point.size:,}",
        numbers.nanoseconds(point.base_ns),
        numbers.nanoseconds(point.candidate_ns),
        "outputs differ" if point.differs else numbers.bracketed(point.ratio, point.low, point.high),
        words[point.sign],
    )


def scaling_lines(scaling: Scaling) -> list[str]:
    """Exponents, crossovers and small inputs that became slower, in words."""
    found = []
    if scaling.base is not None and scaling.candidate is not None:
        found.append(
            f"Cost grows as size to the power of {exponent(scaling.base)} at base "
            f"and {exponent(scaling.candidate)} at the candidate."
        )
    for cross in scaling.crossovers:
        better = "larger" if cross.faster_above else "smaller"
        found.append(
            f"The candidate is the faster one for {better} inputs than about {cross.size:,.3g} "
            f"(it was measured at {cross.below:,} and {cross.above:,})."
        )
    if scaling.small_input_regressions:
        sizes = ", ".join(f"{size:,}" for size in scaling.small_input_regressions)
        found.append(f"Worse: small inputs became slower (size {sizes}).")
    return [*found, *(f"Note: {note}" for note in scaling.notes)]


def exponent(growth: Growth) -> str:
    return f"{growth.exponent:.2f}" + ("" if growth.error is None else f" ± {growth.error:.2f}")
