"""Private mounts, so that every tree of a run is seen at one path. See namespaces(7)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.launching import Settings, launch

HIDDEN = "/sys/fs/cgroup"
"""Code inside must not find the control groups: it could leave the one that times it."""


@dataclass(frozen=True)
class Isolation:
    """What this machine lets us unshare. user: by way of a user namespace."""

    user: bool
    network: bool


@dataclass(frozen=True)
class Rooms:
    """Where a sandbox's folders are, on this machine and as seen inside."""

    host_tree: Path
    host_scratch: Path
    tree: Path
    scratch: Path
    tools: Path
    namespaces: Settings | None


def find_isolation(folder: Path) -> Isolation | None:
    """The most that works here, by trying it; None when there are no mount namespaces."""
    source, target = folder / "probe-source", folder / "probe-target"
    for path in (source, target):
        path.mkdir(parents=True, exist_ok=True)
    user = os.geteuid() != 0
    for network in (True, False):
        isolation = Isolation(user, network)
        if _works(namespace_settings(isolation, [(source, target, True)], hide=[])):
            return isolation
    return None


def _works(namespaces: Settings) -> bool:
    settings: Settings = {
        "command": ["true"],
        "cwd": "/",
        "env": {},
        "namespaces": namespaces,
        "no_stdin": True,
    }
    try:
        launched = launch(settings, None, _ignore, _ignore)
    except SandboxError:
        return False
    launched.wait(10.0)
    launched.end()
    launched.release()
    return True


def _ignore(_data: bytes) -> None:
    return None


def namespace_settings(
    isolation: Isolation, binds: list[tuple[Path, Path, bool]], hide: list[Path]
) -> Settings:
    """binds: (source, target, read-only). `hide` is covered by empty file systems after them."""
    tmpfs = [(str(path), "size=4k,mode=555") for path in hide]
    if Path(HIDDEN).is_dir():
        tmpfs.append((HIDDEN, "size=4k,mode=555"))
    if Path("/dev/shm").is_dir():
        tmpfs.append(("/dev/shm", "size=50%,mode=1777"))
    return {
        "user": isolation.user,
        "network": isolation.network,
        "binds": [(str(source), str(target), read_only) for source, target, read_only in binds],
        "tmpfs": tmpfs,
    }


def lay_out(
    isolation: Isolation | None,
    mounts: Path,
    *,
    tree: Path,
    scratch: Path,
    tools: Path,
    writable: bool,
    kept: list[Path],
    hide: Path,
) -> Rooms:
    """The sandbox's rooms: below `mounts` where mounts are private, else where they really are.

    kept: folders that nobody may change from inside (the environment).
    """
    if isolation is None:
        return Rooms(tree, scratch, tree, scratch, tools, None)
    seen = {name: mounts / name for name in ("tree", "scratch", "tools")}
    for path in seen.values():
        path.mkdir(parents=True, exist_ok=True)
    binds = [
        (tree, seen["tree"], not writable),
        (scratch, seen["scratch"], False),
        (tools, seen["tools"], True),
    ]
    binds += [(path, path, True) for path in kept if not any(other in path.parents for other in kept)]
    settings = namespace_settings(isolation, binds, [hide])
    return Rooms(tree, scratch, seen["tree"], seen["scratch"], seen["tools"], settings)
