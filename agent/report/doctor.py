"""A diagnosis on a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from hotloop.agent.doctor import Diagnosis, Finding, SandboxReport
from hotloop.agent.doctor_checks import Check
from hotloop.agent.report import numbers
from hotloop.agent.report.escape import line
from hotloop.agent.report.proof import Fact
from hotloop.agent.report.terminal import facts_table
from hotloop.profilers.machine_noise import MachineNoise


def diagnosis_page(found: Diagnosis) -> RenderableType:
    """For `rich`; every text in it is a `Text`."""
    parts: list[RenderableType] = [
        Text("Machine", style="bold"),
        facts_table(
            [Fact(name.replace("_", " "), _shown(name, value)) for name, value in found.machine.items()]
        ),
        Text(),
        Text("Sandboxes", style="bold"),
        facts_table([_sandbox(one) for one in found.sandboxes]),
        Text(),
        Text("Checks", style="bold"),
        facts_table([_check(one) for one in found.checks]),
        Text(),
        Text("Tools", style="bold"),
        facts_table([Fact(name, place or "missing") for name, place in found.tools.items()]),
    ]
    notes = [*found.findings, *(one for sandbox in found.sandboxes for one in sandbox.findings)]
    if notes:
        parts += [Text(), Text("What costs precision or is missing", style="bold"), *_findings(notes)]
    if found.noise is not None:
        parts += [Text(), Text(f"Noise, in {found.noise_sandbox}", style="bold"), *_noise(found.noise)]
    return Group(*parts)


def _check(one: Check) -> Fact:
    return Fact(one.name, f"ok: {one.found}" if one.ok else f"FAILS: {one.found}. {one.remedy}")


def _shown(name: str, value: Any) -> str:
    if name.endswith("_bytes"):
        return numbers.size(value)
    if name.endswith("_share"):
        return numbers.percent(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _sandbox(one: SandboxReport) -> Fact:
    if not one.usable:
        return Fact(one.name, f"cannot be used: {one.problem}. {one.remedy}")
    held = one.capabilities or {}
    return Fact(
        one.name, "; ".join(f"{_words(name)}: {'yes' if has else 'no'}" for name, has in held.items())
    )


def _words(capability: str) -> str:
    return capability.replace("_", " ")


def _findings(found: list[Finding]) -> Iterator[Text]:
    for one in found:
        remedy = f". {one.remedy}" if one.remedy else ""
        yield Text(line(f"- {one.what}{remedy}", 600), style="yellow" if remedy else "")


def _noise(noise: MachineNoise) -> list[RenderableType]:
    rows = [
        Fact(
            "Base against base", f"{numbers.span(noise.interval)} at {noise.confidence * 100:g} % confidence"
        ),
        Fact("Spread of a process pair's ratio", numbers.percent(noise.spread)),
        Fact(
            "Spread of wall time, unpaired",
            f"{numbers.percent(noise.wall_spread)} from call to call, "
            f"{numbers.percent(noise.process_spread)} from process to process",
        ),
        *(_budget(one.seconds, one.detectable) for one in noise.budgets),
        Fact(
            "Sampled",
            f"{numbers.count(noise.pairs, 'process pair')} in {numbers.seconds(noise.seconds)}, "
            f"{noise.engine}, clock {noise.clock}, {numbers.nanoseconds(noise.call_ns)} a call",
        ),
    ]
    worse = math.sqrt(2) * noise.process_spread / max(noise.spread, 1e-9)  # of two processes' ratio
    said = f"Timing one side after the other would be {worse:.0f} times less sure than taking turns."
    return [facts_table(rows), *([Text(said)] if worse >= 2 else [])]


def _budget(seconds: float, detectable: float | None) -> Fact:
    shown = "none: too short" if detectable is None else f"{numbers.ratio(detectable)} and more"
    return Fact(f"Gain it can show in {seconds:g} s", shown)
