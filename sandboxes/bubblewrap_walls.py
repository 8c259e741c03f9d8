"""What a command in bubblewrap sees: the arguments of bwrap(1)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hotloop.sandboxes.users import SANDBOX_UID

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "alternatives",
    "localtime",
    "mime.types",
    "nsswitch.conf",
)
"""Nothing of these is a secret or says whose machine it is."""
NETWORK_ETC = ("resolv.conf", "hosts", "ssl", "pki", "ca-certificates", "gai.conf", "services", "protocols")
CPUS = "/sys/devices/system/cpu"
"""Where the C library and numerical ones look for the number of cores."""
NAMES = {
    "passwd": f"sandbox:x:{SANDBOX_UID}:{SANDBOX_UID}::/hotloop/scratch/home:/bin/sh\n",
    "group": f"sandbox:x:{SANDBOX_UID}:\n",
    "hosts": "127.0.0.1 localhost hotloop\n::1 localhost\n",
}
MIB = 1 << 20


@dataclass(frozen=True)
class Bind:
    source: Path
    target: Path
    writable: bool = False


@dataclass(frozen=True)
class Walls:
    """binds come in order; a later one lies over an earlier one.

    links: {path: what it points to}. tmpfs_mb: MiB that /tmp and /dev/shm may hold, each.
    """

    binds: tuple[Bind, ...]
    names: Path
    links: Mapping[str, str] = field(default_factory=dict)
    network: bool = False
    tmpfs_mb: int = 1024

    def arguments(self) -> list[str]:
        """All but the program's name and the command."""
        given = [*_namespaces(self.network), *_system(self.network), *self._names()]
        given += ["--proc", "/proc", "--dev", "/dev"]
        for folder in ("/dev/shm", "/tmp"):
            given += ["--perms", "1777", "--size", str(self.tmpfs_mb * MIB), "--tmpfs", folder]
        given += _folders([bind.target for bind in self.binds] + [Path(link) for link in self.links])
        for link, target in self.links.items():
            given += ["--symlink", target, link]
        for bind in self.binds:
            given += ["--bind" if bind.writable else "--ro-bind", str(bind.source), str(bind.target)]
        return [*given, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]

    def _names(self) -> list[str]:
        names = [name for name in NAMES if not (self.network and name == "hosts")]
        return [word for name in names for word in ("--ro-bind", str(self.names / name), f"/etc/{name}")]


def write_names(folder: Path) -> Path:
    """Files for /etc in which no user or machine of ours is named."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in NAMES.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return folder


def _namespaces(network: bool) -> list[str]:
    """As root without a user namespace: there is a user to become, and no other root to be."""
    given = [
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        "--hostname",
        "hotloop",
    ]
    given += [] if network else ["--unshare-net"]
    given += ["--new-session", "--die-with-parent", "--as-pid-1", "--cap-drop", "ALL"]
    if os.getuid() == 0:
        needed = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL")
        return [*given, *(word for name in needed for word in ("--cap-add", name))]
    uid = str(SANDBOX_UID)
    return [*given, "--unshare-user", "--disable-userns", "--uid", uid, "--gid", uid]


def _system(network: bool) -> list[str]:
    given = []
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            given += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            given += ["--ro-bind", name, name]
    given += ["--perms", "0755", "--dir", "/etc"]
    for name in (*ETC, *(NETWORK_ETC if network else ())):
        given += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return [*given, *_folders([Path(CPUS)]), "--ro-bind-try", CPUS, CPUS]


def _folders(paths: Iterable[Path]) -> list[str]:
    """The folders around them, which bubblewrap would make for its own user alone."""
    around = {folder for path in paths for folder in path.parents if len(folder.parts) > 1}
    made = [folder for folder in sorted(around) if not is_system(folder) and folder != Path("/tmp")]
    return [word for folder in made for word in ("--perms", "0755", "--dir", str(folder))]


def is_system(path: Path) -> bool:
    """Whether it is seen inside anyway."""
    return any(path.is_relative_to(name) for name in SYSTEM)
