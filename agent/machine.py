"""Facts of the machine and the versions that a figure was made with.

A figure without them cannot be compared with another. Nothing here names the
machine or its user.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import hotloop

_CPU = Path("/sys/devices/system/cpu")
VOLATILE = frozenset({"load_average", "steal_share"})
"""Facts that change by themselves from one moment to the next."""
_PACKAGES = ("langgraph", "libcst", "openai", "py-spy", "docker")


def facts() -> dict[str, Any]:
    """What is known of this machine; what it does not tell is left out."""
    found = {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "memory_bytes": _memory_bytes(),
        "system": _system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "governor": _read(_CPU / "cpu0/cpufreq/scaling_governor"),
        "boost": _boost(),
        "smt": {"1": True, "0": False}.get(_read(_CPU / "smt/active") or ""),
        "cgroup": cgroup_version(),
        "virtual_machine": _virtual_machine(),
        "container": _container(),
        "steal_share": _steal_share(),
        "perf_counters": _perf_counters(),
        "perf_event_paranoid": _number(Path("/proc/sys/kernel/perf_event_paranoid")),
        "rapl": _rapl(),
        "ptrace_scope": _number(Path("/proc/sys/kernel/yama/ptrace_scope")),
    }
    return {name: value for name, value in found.items() if value is not None}


def versions() -> dict[str, str]:
    """Versions of Hotloop, of the Python it runs on, and of what decides a run's course."""
    found = {"hotloop": hotloop.__version__, "python": platform.python_version()}
    return found | {name: version for name in _PACKAGES if (version := _version(name))}


def cgroup_version() -> str | None:
    """ "v2", "v1", or "hybrid" where v1 controllers stand beside a v2 tree."""
    root = Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        return "v2"
    if (root / "unified").is_dir():
        return "hybrid"
    return "v1" if (root / "cpu").exists() or (root / "cpuacct").exists() else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _cpu_model() -> str | None:
    match = re.search(r"^(?:model name|Hardware|Model)\s*:\s*(.+)$", _read(Path("/proc/cpuinfo")) or "", re.M)
    return match[1].strip() if match else platform.processor() or None


def _memory_bytes() -> int | None:
    match = re.search(r"^MemTotal:\s*(\d+) kB$", _read(Path("/proc/meminfo")) or "", re.M)
    return int(match[1]) * 1024 if match else None


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", sys.platform)
    except OSError:
        return sys.platform


def _boost() -> bool | None:
    inverted = _read(_CPU / "intel_pstate/no_turbo")
    if inverted in {"0", "1"}:
        return inverted == "0"
    return {"1": True, "0": False}.get(_read(_CPU / "cpufreq/boost") or "")


def _virtual_machine() -> bool:
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", _read(Path("/proc/cpuinfo")) or "", re.M)
    return bool(flags and "hypervisor" in flags[1].split()) or Path("/sys/hypervisor/type").exists()


def _container() -> bool:
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def _number(path: Path) -> int | None:
    text = _read(path)
    return int(text) if text and text.lstrip("-").isdigit() else None


def _steal_share() -> float | None:
    """Of the CPU time since the machine started, what its host gave to others. See proc_stat(5)."""
    fields = (_read(Path("/proc/stat")) or "").partition("\n")[0].split()[1:]
    if len(fields) < 8:
        return None
    ticks = [int(field) for field in fields[:8]]  # guest time is part of user time
    return round(ticks[7] / max(1, sum(ticks)), 4)


def _perf_counters() -> bool:
    """Whether the kernel offers the processor's own counters: cycles, instructions."""
    devices = Path("/sys/bus/event_source/devices")
    return any(list(devices.glob(name)) for name in ("cpu", "cpu_core", "armv8_*"))


def _rapl() -> str:
    """Energy counters: "readable", "unreadable" (for this user) or "absent"."""
    found = list(Path("/sys/class/powercap").glob("intel-rapl*/energy_uj"))
    if not found:
        return "absent"
    return "readable" if all(os.access(file, os.R_OK) for file in found) else "unreadable"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
