"""Showing a tree in a container that already runs.

The tree's mount is cloned here, made private to the container, and moved into the container's
mount namespace; it goes with that, so that nothing of it is left on this machine. See
open_tree(2), mount_setattr(2), move_mount(2) and mount_namespaces(7); Linux 5.12.
"""

from __future__ import annotations

import ctypes
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442  # <asm/unistd.h>, the same on every architecture
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000  # <linux/fcntl.h>
OPEN_TREE_CLONE = 1  # <linux/mount.h>, like the following
MOVE_MOUNT_F_EMPTY_PATH = 4
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
MS_PRIVATE = 1 << 18
CLONE_FS, CLONE_NEWNS = 0x200, 0x20000  # <linux/sched.h>


class _Attributes(ctypes.Structure):
    """struct mount_attr."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


@lru_cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def may_show() -> bool:
    """Whether it is worth trying here."""
    return sys.platform.startswith("linux") and os.geteuid() == 0


def show(tree: Path, place: str, *, pid: int, container: str, writable: bool) -> None:
    """Mount `tree` over the folder `place` of the container, whose first process is `pid` here.

    Raises OSError where the kernel refuses, or that process is not the container's.
    """
    with ExitStack() as stack:
        room = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
        stack.callback(os.close, room)
        # After the opening: a pid that is the container's now was so then.
        if container not in Path(f"/proc/{pid}/cgroup").read_text():
            raise ProcessLookupError(f"process {pid} is not of the container {container[:12]}")
        mount = _clone(tree, writable)
        stack.callback(os.close, mount)
        # A thread of its own, as it does not come back from the other namespace.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(_move, mount, room, os.fsencode(place)).result()


def _clone(tree: Path, writable: bool) -> int:
    mount = _call(
        "syscall", OPEN_TREE, AT_FDCWD, os.fsencode(tree), OPEN_TREE_CLONE | AT_RECURSIVE | os.O_CLOEXEC
    )
    flags = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (0 if writable else MOUNT_ATTR_RDONLY)
    wanted = _Attributes(flags, 0, MS_PRIVATE, 0)
    try:
        _call(
            *("syscall", MOUNT_SETATTR, mount, b"", AT_EMPTY_PATH | AT_RECURSIVE),
            *(ctypes.byref(wanted), ctypes.sizeof(wanted)),
        )
    except OSError:
        os.close(mount)
        raise
    return mount


def _move(mount: int, room: int, place: bytes) -> None:
    _call("unshare", CLONE_FS)
    _call("setns", room, CLONE_NEWNS)
    _call("syscall", MOVE_MOUNT, mount, b"", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH)


def _call(name: str, *arguments: object) -> int:
    result: int = getattr(_libc(), name)(*arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
