from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotloop.profilers import energy
from hotloop.profilers.energy import Meter, NoMeter, find_meter, measure_energy, with_energy
from hotloop.profilers.engines.base import BASE, CANDIDATE
from hotloop.profilers.verdict import Verdict
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Sandbox

MakeSandbox = Callable[[dict[str, str]], Sandbox]
MakeWorkload = Callable[..., Workload]

CALLS = "def workload():\n    return sum(range(2000))\n"


def powercap(root: Path, packages: int = 1) -> Path:
    """A folder as the kernel shows it, with a part of each package in it."""
    for number in range(packages):
        for name in (f"intel-rapl:{number}", f"intel-rapl:{number}:0"):
            (root / name).mkdir(parents=True)
            (root / name / "energy_uj").write_text("1000000\n")
            (root / name / "max_energy_range_uj").write_text("9999999\n")
    return root


class TickingMeter(Meter):
    """Moves by so many joules at each second reading: a meter that no test machine has."""

    def __init__(self, steps: list[int]) -> None:
        super().__init__(((Path("energy_uj"), 999_999_999),))
        object.__setattr__(self, "_readings", self._read_forever(steps))

    @staticmethod
    def _read_forever(steps: list[int]) -> Iterator[int]:
        value = 0
        for step in itertools.cycle(steps):
            yield value
            value += step * 1_000_000
            yield value

    def read(self) -> tuple[int, ...]:
        return (next(self._readings),)  # type: ignore[attr-defined]  # set above on a frozen class


def test_packages_are_found_and_their_parts_left_out(tmp_path: Path) -> None:
    meter = find_meter(powercap(tmp_path, packages=2))

    assert [file.parent.name for file, _ in meter.files] == ["intel-rapl:0", "intel-rapl:1"]
    assert meter.read() == (1000000, 1000000)


def test_joules_are_right_where_a_counter_wraps(tmp_path: Path) -> None:
    meter = find_meter(powercap(tmp_path, packages=2))

    assert meter.joules((1_000_000, 9_000_000), (3_500_000, 500_000)) == pytest.approx(2.5 + 1.5)


def test_a_machine_without_a_meter_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(NoMeter, match="no intel-rapl below"):
        find_meter(tmp_path)


def test_a_counter_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    root = powercap(tmp_path)
    (root / "intel-rapl:0" / "energy_uj").unlink()
    with pytest.raises(NoMeter, match="cannot be read"):
        find_meter(root)


def test_blocks_alternate_and_give_joules_a_call(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(energy, "BLOCK_SECONDS", 0.0)  # one request a block, so that calls are known
    sandboxes = {BASE: sandbox_of({}), CANDIDATE: sandbox_of({})}
    found = measure_energy(
        sandboxes, workload_of(CALLS), TickingMeter([3]), call_ns=1e6, confidence=0.98, seed=1
    )

    assert found.base_joules == found.candidate_joules == pytest.approx(3.0)
    assert found.ratio == pytest.approx(1.0)
    assert found.low < 1.0 < found.high
    assert found.blocks == energy.BLOCKS


def test_a_meter_that_stands_still_is_no_meter(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(energy, "BLOCK_SECONDS", 0.0)
    sandboxes = {BASE: sandbox_of({}), CANDIDATE: sandbox_of({})}
    with pytest.raises(NoMeter, match="did not move"):
        measure_energy(sandboxes, workload_of(CALLS), TickingMeter([0]), call_ns=1e6, confidence=0.98, seed=1)


def test_a_verdict_says_why_it_has_no_joules(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, some_verdict: Verdict, tmp_path: Path
) -> None:
    sandbox = sandbox_of({})
    told = with_energy(some_verdict, {BASE: sandbox, CANDIDATE: sandbox}, workload_of(CALLS), 1, tmp_path)

    assert told.energy is None
    assert any(note.startswith("energy is unavailable: there is no intel-rapl") for note in told.notes)
