"""What this machine can do for Hotloop, what it cannot, and what would help."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from hotloop.agent.doctor_checks import Check, checks
from hotloop.agent.machine import facts, versions
from hotloop.errors import UsageError
from hotloop.profilers.compare import MeasureSettings
from hotloop.profilers.engines.base import SideFailure
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.machine_noise import MachineNoise, machine_noise
from hotloop.profilers.pyspy import executable as pyspy_executable
from hotloop.profilers.workload import RUNNER
from hotloop.sandboxes.base import Backend, Capabilities, EnvironmentSpec, Log, Sandbox
from hotloop.sandboxes.owners import temporary_folder
from hotloop.sandboxes.registry import BACKENDS, choose, make

SCHEMA_VERSION: Literal[1] = 1
NOISE_SECONDS = 20.0
RUN_ID = "doctor"
_STEAL = 0.01


class Finding(BaseModel):
    """Something that costs precision or is missing; remedy: "" where there is none."""

    model_config = ConfigDict(frozen=True)

    what: str
    remedy: str = ""


class SandboxReport(BaseModel):
    """capabilities: None for one that cannot be used; then problem says why, and remedy what to do."""

    model_config = ConfigDict(frozen=True)

    name: str
    usable: bool
    problem: str = ""
    remedy: str = ""
    capabilities: dict[str, bool] | None = None
    findings: tuple[Finding, ...] = ()


class Diagnosis(BaseModel):
    """All that `hotloop doctor` says. tools: where each is, None for one that is missing."""

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = SCHEMA_VERSION
    versions: dict[str, str]
    machine: dict[str, Any]
    sandboxes: tuple[SandboxReport, ...]
    tools: dict[str, str | None]
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...]
    noise: MachineNoise | None = None
    noise_sandbox: str | None = None


def diagnose(sandbox: str, *, noise: bool, confidence: float, log: Log) -> Diagnosis:
    """Look at everything; with `noise`, measure for about `NOISE_SECONDS` in the chosen sandbox.

    sandbox: "auto" looks at all of them. Raises UsageError where noise is asked for and
    that sandbox cannot be used.
    """
    with tools_folder() as folder:
        names = list(BACKENDS) if sandbox == "auto" else [sandbox]
        reports = tuple(look_at_sandbox(make(name, folder / "tools", folder / "state")) for name in names)
        measured, where = None, None
        if noise:
            backend = choose(
                sandbox, model_written=False, tools=folder / "tools", state_dir=folder / "state", log=log
            )
            measured, where = measure_noise(backend, folder, confidence, log), backend.name
    machine = facts()
    return Diagnosis(
        versions=versions(),
        machine=machine,
        sandboxes=reports,
        tools=tools(),
        checks=checks(sandbox),
        findings=tuple(findings(machine, sys.platform)),
        noise=measured,
        noise_sandbox=where,
    )


@contextmanager
def tools_folder() -> Iterator[Path]:
    """Everything that a sandbox needs, and all that it would keep, in a folder that is gone afterwards."""
    with temporary_folder("doctor") as folder:
        shutil.copytree(RUNNER, folder / "tools" / "runner", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "tree").mkdir()
        yield folder


def look_at_sandbox(backend: Backend) -> SandboxReport:
    try:
        backend.check()
    except UsageError as error:
        return SandboxReport(name=backend.name, usable=False, problem=error.cause, remedy=error.fix)
    held = backend.capabilities
    found = _lacks(backend.name, held)
    if backend.name == "docker":
        found += _engine_findings()
    return SandboxReport(name=backend.name, usable=True, capabilities=asdict(held), findings=tuple(found))


_REMEDIES = {
    "isolates_files": (
        "code inside can read this user's files",
        "Use --sandbox docker for code you do not trust",
    ),
    "isolates_network": ("code inside can reach the network", "Run as root, or allow user namespaces"),
    "limits_memory": ("memory is not limited", "Use --sandbox docker"),
    "limits_processes": ("the number of processes is not limited", "Run where a control group is writable"),
    "limits_disk": (
        "what a command writes is bounded for each file, and not in all",
        "Use --sandbox docker, or keep state on a disk of its own (XDG_STATE_HOME)",
    ),
    "same_path": (
        "base and candidate lie at different paths",
        "Run as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)",
    ),
    "counts_children": (
        "the CPU clock is one process's own: child processes are not counted",
        "Run where a control group is writable: systemd-run --user --scope -p Delegate=yes hotloop …",
    ),
}


def _lacks(name: str, held: Capabilities) -> list[Finding]:
    missing = [capability for capability, has in asdict(held).items() if not has]
    return [
        Finding(what=f"{name}: {_REMEDIES[capability][0]}", remedy=_REMEDIES[capability][1])
        for capability in missing
    ]


def _engine_findings() -> list[Finding]:
    """What is lost where its control groups cannot be read, and the engine is asked for the time."""
    from hotloop.sandboxes.docker_engine import ELSEWHERE, describe_engine  # noqa: PLC0415  (loads the docker package)

    engine = describe_engine()
    found = []
    if engine.elsewhere:
        found.append(
            Finding(
                what=f"docker: the engine runs {engine.elsewhere}: its clock is asked over its API, "
                "which takes milliseconds, and peak memory is unknown",
                remedy="Use an engine on this machine for the most precise figures",
            )
        )
    if engine.elsewhere == ELSEWHERE:
        found.append(
            Finding(
                what=f"docker: the engine runs {ELSEWHERE}: it can show containers only folders of that one",
                remedy="Use an engine on this machine, or share Hotloop's folders with it at the same paths "
                "and set HOTLOOP_TREES=copy",
            )
        )
    if engine.rootless:
        found.append(
            Finding(
                what="docker: the engine is rootless: limits and the CPU clock hold only with "
                "control groups v2 that were delegated to it",
                remedy="See docs.docker.com/engine/security/rootless, or use an engine of the system",
            )
        )
    return found


def tools() -> dict[str, str | None]:
    """Programs that profilers use."""
    try:
        pyspy: str | None = str(pyspy_executable())
    except ProfilerError:
        pyspy = None
    return {"py-spy": pyspy, **{name: shutil.which(name) for name in ("valgrind", "perf", "git", "bwrap")}}


def findings(machine: Mapping[str, Any], system: str) -> list[Finding]:
    """What about these facts costs precision, or leaves a figure out."""
    if not system.startswith("linux"):
        return [
            Finding(
                what=f"{system}: only the docker sandbox works, through an engine in a virtual machine, "
                "whose clock is asked over its API",
                remedy="Measure on Linux for the most precise figures",
            )
        ]
    return [finding for applies, finding in _RULES if applies(machine)]


_RULES: tuple[tuple[Callable[[Mapping[str, Any]], bool], Finding], ...] = (
    (
        lambda m: m.get("usable_cores", 2) < 2,
        Finding(
            what="one core: what measures and what is measured share it", remedy="Allow Hotloop two cores"
        ),
    ),
    (
        lambda m: m.get("load_average", [0])[0] > 0.75 * m.get("usable_cores", 1),
        Finding(
            what="the machine is busy: pairs cancel most of it, but take longer to decide",
            remedy="Stop what else runs",
        ),
    ),
    (
        lambda m: m.get("steal_share", 0) > _STEAL,
        Finding(what="the virtual machine's host takes CPU time away", remedy="Use a dedicated host"),
    ),
    (
        lambda m: m.get("governor") not in (None, "performance"),
        Finding(
            what="the frequency governor follows the load", remedy="cpupower frequency-set -g performance"
        ),
    ),
    (
        lambda m: m.get("boost") is True,
        Finding(what="boost frequencies depend on heat and on the other cores", remedy="Switch boost off"),
    ),
    (
        lambda m: m.get("smt") is True,
        Finding(
            what="cores share their units with a sibling thread",
            remedy="Switch SMT off, or leave siblings idle",
        ),
    ),
    (
        lambda m: not m.get("perf_counters", False),
        Finding(what="no hardware counters: instructions can be counted by valgrind only"),
    ),
    (
        lambda m: m.get("rapl") != "readable",
        Finding(what="no readable energy counters (RAPL): energy is not reported"),
    ),
    (
        lambda m: m.get("ptrace_scope", 0) > 2,
        Finding(
            what="ptrace is switched off: py-spy cannot sample in the local sandbox",
            remedy="sysctl kernel.yama.ptrace_scope=1, or --profiler cprofile",
        ),
    ),
)


def measure_noise(backend: Backend, folder: Path, confidence: float, log: Log) -> MachineNoise:
    settings = MeasureSettings(
        min_speedup=1.0,
        confidence=confidence,
        max_seconds=NOISE_SECONDS,
        max_regression=1.1,
        varies=True,
        seed=0,
    )
    log(f"measuring a built-in workload against itself for about {NOISE_SECONDS:.0f} s")
    try:
        with _twins(backend, folder, log) as (one, twin):
            return machine_noise(one, twin, settings)
    except SideFailure as broken:
        raise broken.as_infrastructure() from broken


@contextmanager
def _twins(backend: Backend, folder: Path, log: Log) -> Iterator[tuple[Sandbox, Sandbox]]:
    environment = backend.prepare(EnvironmentSpec(), folder / "tree", log)
    run_id = f"{RUN_ID}-{folder.name}"
    try:
        with (
            backend.start(environment, folder / "tree", run_id=run_id) as one,
            backend.start(environment, folder / "tree", run_id=run_id) as twin,
        ):
            yield one, twin
    finally:
        backend.reap(run_id)
