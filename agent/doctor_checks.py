"""What must be so before a run can begin, looked at one by one, each with its remedy."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from hotloop.agent.report.numbers import size
from hotloop.errors import UsageError
from hotloop.sandboxes.cgroup import Family, hierarchies
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.local import user_folder
from hotloop.sandboxes.overlay import why_not
from hotloop.sandboxes.owners import temporary_folder

ENOUGH = 5e9
"""Bytes: a base image, an environment and the trees of a run."""
CLONE_NEWUSER = 0x10000000  # <linux/sched.h>
PTRACE_SEIZE = 0x4206  # <linux/ptrace.h>
_UNSHARE = f"import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare({CLONE_NEWUSER}) != 0)"


class Check(BaseModel):
    """found: what is so. remedy: what to do where that is not enough; "" where it is."""

    model_config = ConfigDict(frozen=True)

    name: str
    ok: bool
    found: str
    remedy: str = ""


def checks(sandbox: str) -> tuple[Check, ...]:
    """All that matter to this sandbox; "auto" for all of them. Changes nothing."""
    found: list[Check] = []
    if sandbox in {"auto", "docker"}:
        found += engine_checks()
    if sys.platform.startswith("linux"):
        found += [control_groups(), cores()]
        found += [tracing()] if sandbox in {"auto", "local"} else []
        found += [user_namespaces()] if sandbox in {"auto", "bubblewrap", "local"} else []
    return (*found, trees(), *disk_checks())


def engine_checks() -> Iterator[Check]:
    from hotloop.sandboxes.docker_engine import OLDEST_ENGINE, describe_engine, is_old  # noqa: PLC0415  (loads docker)

    try:
        engine = describe_engine()
    except (UsageError, SandboxError) as error:
        remedy = error.fix if isinstance(error, UsageError) else "Restart the engine, and see its log"
        yield Check(name="docker engine", ok=False, found=str(error).partition(". ")[0], remedy=remedy)
        return
    old = is_old(engine.api)
    yield Check(
        name="docker engine",
        ok=not old,
        found=f"{engine.version}, API {engine.api}, control groups v{engine.cgroup}",
        remedy=f"Install version {OLDEST_ENGINE} or later" if old else "",
    )
    yield base_image()
    if not engine.elsewhere and Path(engine.root).is_dir():
        yield disk("docker engine", Path(engine.root))


def base_image() -> Check:
    """Ours, or what it would be built on."""
    from contextlib import closing  # noqa: PLC0415  (with the docker package)

    from hotloop.sandboxes.docker_engine import connect  # noqa: PLC0415  (loads the docker package)
    from hotloop.sandboxes.docker_image import DEFAULT_BASE_IMAGE, DEFAULT_DOCKER_BASE, find_image  # noqa: PLC0415

    ours = os.environ.get("HOTLOOP_BASE_IMAGE", DEFAULT_BASE_IMAGE)
    below = os.environ.get("HOTLOOP_DOCKER_BASE", DEFAULT_DOCKER_BASE)
    with closing(connect()) as client:
        if find_image(client, ours):
            return Check(name="base image", ok=True, found=f"{ours} is there")
        there = find_image(client, below) is not None
    found = f"{ours} is missing; the first run builds it on {below}, which is "
    found += "there" if there else "missing, too"
    remedy = f"docker pull {below}, or set HOTLOOP_DOCKER_BASE to an image with Python 3.9 or later"
    return Check(name="base image", ok=there, found=found, remedy="" if there else remedy)


def control_groups() -> Check:
    versions = sorted({f"v{found.version}" for found in hierarchies()})
    if not versions:
        return Check(name="control groups", ok=False, found="none are mounted", remedy="Mount /sys/fs/cgroup")
    family = Family.find()
    remedy = "Run as root, or in a delegated group: systemd-run --user --scope -p Delegate=yes hotloop …"
    if family is None:
        return Check(
            name="control groups", ok=False, found=f"{', '.join(versions)}, not writable", remedy=remedy
        )
    held = {"memory": family.limits_memory, "processes": family.limits_processes}
    lacks = [name for name, has in held.items() if not has]
    limits = f"no limit of {' and '.join(lacks)}" if lacks else "limits of memory and processes"
    return Check(
        name="control groups",
        ok=not lacks,
        found=f"{', '.join(versions)}, writable, clock {family.clock}, {limits}",
        remedy=remedy if lacks else "",
    )


def cores() -> Check:
    """One that measures, and one for all else."""
    count = len(os.sched_getaffinity(0))
    ok = count >= 2
    return Check(
        name="cores to pin",
        ok=ok,
        found=f"{count} usable",
        remedy="" if ok else "Allow Hotloop two cores (taskset, cpuset of the container)",
    )


def tracing() -> Check:
    """py-spy reads the memory of a program that it started itself. Tried on one of ours."""
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
        try:
            allowed = ctypes.CDLL(None, use_errno=True).ptrace(PTRACE_SEIZE, child.pid, None, None) == 0
        finally:
            child.kill()
    return Check(
        name="ptrace for py-spy",
        ok=allowed,
        found="allowed" if allowed else f"refused ({os.strerror(ctypes.get_errno())})",
        remedy="" if allowed else "sysctl kernel.yama.ptrace_scope=1, or --profiler cprofile",
    )


def user_namespaces() -> Check:
    """What bubblewrap needs, and `local` where it isolates, of anybody but root."""
    if os.geteuid() == 0:
        return Check(name="user namespaces", ok=True, found="not needed: Hotloop is root")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", _UNSHARE], check=False)
    allowed = done.returncode == 0
    remedy = (
        "sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces=15000, or on Ubuntu "
        "kernel.apparmor_restrict_unprivileged_userns=0"
    )
    found = "allowed" if allowed else "refused"
    return Check(name="user namespaces", ok=allowed, found=found, remedy="" if allowed else remedy)


def trees() -> Check:
    """Whether candidates' trees are overlays, tried among the temporary files."""
    with temporary_folder("doctor") as folder:
        why = why_not(folder / "layers")
    return Check(
        name="trees",
        ok=why is None,
        found="by overlay" if why is None else f"copied file by file: {why}",
        remedy="" if why is None else "Run as root, on a disk of this machine, for large repositories",
    )


def disk_checks() -> Iterator[Check]:
    """Where runs, environments and temporary files go; one line for each disk."""
    places = {
        "this folder": Path.cwd(),
        "state": user_folder("XDG_STATE_HOME", ".local/state"),
        "environments": user_folder("XDG_CACHE_HOME", ".cache"),
        "temporary files": Path(tempfile.gettempdir()),
    }
    disks: dict[int, tuple[list[str], Path]] = {}
    for name, place in places.items():
        there = next(path for path in (place, *place.parents) if path.is_dir())
        disks.setdefault(there.stat().st_dev, ([], there))[0].append(name)
    for names, there in disks.values():
        yield disk(", ".join(names), there)


def disk(name: str, place: Path) -> Check:
    free = shutil.disk_usage(place).free
    ok = free >= ENOUGH
    return Check(
        name="disk space",
        ok=ok,
        found=f"{size(free)} free for {name}",
        remedy="" if ok else f"Free some: hotloop clean --images; {size(ENOUGH)} is enough for most",
    )
