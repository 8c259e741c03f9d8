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
HEADER, SETS = ctypes.c_uint32 * 2, ctypes.c_uint32 * 6
KILL, SETGID, SETUID = 5, 6, 7
KEEP_CAPABILITIES = 8  # PR_SET_KEEPCAPS, <linux/prctl.h>
_is_bound = False


def become(uid: int, gid: int) -> None:
    """That user, with no capability left or to be had again. Raises OSError."""
    _bound()
    _become(uid, gid)
    launcher.call("capset", *NONE)
    launcher.call("prctl", launcher.NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def keep_watch(uid: int) -> None:
    """Another user than any target, who can start commands as others and end them, and do no more.

    Targets can neither signal such a process nor trace it, nor open its files in /proc. Needs
    root with these capabilities, and SETPCAP to begin with. Raises OSError.
    """
    _bound()
    launcher.call("prctl", KEEP_CAPABILITIES, 1, 0, 0, 0)
    _become(uid, uid)
    launcher.call("capset", *_sets(KILL, SETGID, SETUID))
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


def _bound() -> None:
    """No capability can be gained by executing a file, here and in what is forked from here."""
    global _is_bound  # noqa: PLW0603  (what is forked finds that it has been done)
    if not _is_bound:
        for capability in range(CAPABILITIES):
            launcher.LIBC.prctl(launcher.BOUNDING_SET_DROP, capability, 0, 0, 0)
        _is_bound = True


def _sets(*capabilities: int) -> tuple[object, object]:
    """For capset(2): these are effective and permitted, and none is inherited."""
    bits = sum(1 << capability for capability in capabilities)
    return HEADER(CAPABILITY_VERSION, 0), SETS(bits, bits, 0, 0, 0, 0)


NONE = _sets()
