"""Users and capabilities: of the target, which has none, and of what looks after it out of its reach."""

from __future__ import annotations

import ctypes
import os
import stat

import launcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CAPABILITIES = 64
CAPABILITY_VERSION = 0x20080522  # <linux/capability.h>, version 3: two words a set
KILL, SETGID, SETUID, SETPCAP = 5, 6, 7, 8
KEEP_CAPABILITIES = 8  # PR_SET_KEEPCAPS, <linux/prctl.h>


def become(uid: int, gid: int) -> None:
    """That user, with no capability left or to be had again. Raises OSError."""
    for capability in range(CAPABILITIES):
        launcher.LIBC.prctl(launcher.BOUNDING_SET_DROP, capability, 0, 0, 0)
    _become(uid, gid)
    _have()
    launcher.call("prctl", launcher.NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def keep_watch(uid: int) -> None:
    """Another user than any target, who can start commands as others and end them, and do no more.

    Targets can neither signal such a process nor trace it, nor open its files in /proc. Needs
    root with these four capabilities. Raises OSError.
    """
    launcher.call("prctl", KEEP_CAPABILITIES, 1, 0, 0, 0)
    _become(uid, uid)
    _have(KILL, SETGID, SETUID, SETPCAP)
    launcher.call("prctl", launcher.DUMPABLE, 0, 0, 0, 0)
    launcher.call("prctl", launcher.NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def share(fds: Iterable[int]) -> None:
    """Let the target open these pipes by name, as /dev/stdout: they belong to who made them."""
    for fd in fds:
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            os.fchmod(fd, 0o666)


def _become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _have(*capabilities: int) -> None:
    """Effective and permitted; none is inherited. As capset(2)."""
    bits = sum(1 << capability for capability in capabilities)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    launcher.call("capset", header, (ctypes.c_uint32 * 6)(bits, bits, 0, 0, 0, 0))
