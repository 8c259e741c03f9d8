"""Refuses the system calls that reach the kernel's own machinery and that no program needs here.

A list of refusals, applied just before the target starts, beside namespaces and lost
capabilities. What it refuses is what Docker's default profile refuses to a container
without capabilities (docs.docker.com/engine/security/seccomp), and io_uring. A classic
BPF program as in the kernel's Documentation/userspace-api/seccomp_filter.rst.
"""

from __future__ import annotations

import ctypes
import errno
import os

LOAD, EQUAL, BITS, RETURN = 0x20, 0x15, 0x45, 0x06  # <linux/bpf_common.h>
AT_NUMBER, AT_ARCH, AT_FIRST_ARGUMENT = 0, 4, 16  # struct seccomp_data, little-endian
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
SET_MODE_FILTER, SPEC_ALLOW = 1, 4  # <linux/seccomp.h>
X32 = 0x40000000
NEW_NAMESPACES = 0x7E020000  # CLONE_NEW{USER,NS,PID,NET,IPC,UTS,CGROUP}, <linux/sched.h>
FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. AF_VSOCK, for one, goes past the network namespace."""

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # <linux/audit.h>
# Numbers below 424 differ between the two (<asm/unistd.h>); from 424 on they are common.
REFUSED = {
    "x86_64": {
        "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308,
        "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298,
        "userfaultfd": 323, "kexec_load": 246, "kexec_file_load": 320, "init_module": 175,
        "finit_module": 313, "delete_module": 176, "open_by_handle_at": 304, "name_to_handle_at": 303,
        "acct": 163, "quotactl": 179, "swapon": 167, "swapoff": 168, "reboot": 169, "syslog": 103,
        "settimeofday": 164, "clock_settime": 227, "clock_adjtime": 305, "adjtimex": 159,
        "iopl": 172, "ioperm": 173, "fanotify_init": 300, "lookup_dcookie": 212, "move_pages": 279,
        "mbind": 237, "set_mempolicy": 238, "migrate_pages": 256, "vhangup": 153, "kcmp": 312,
    },
    "aarch64": {
        "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268,
        "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241,
        "userfaultfd": 282, "kexec_load": 104, "kexec_file_load": 294, "init_module": 105,
        "finit_module": 273, "delete_module": 106, "open_by_handle_at": 265, "name_to_handle_at": 264,
        "acct": 89, "quotactl": 60, "swapon": 224, "swapoff": 225, "reboot": 142, "syslog": 116,
        "settimeofday": 170, "clock_settime": 112, "clock_adjtime": 266, "adjtimex": 171,
        "fanotify_init": 262, "lookup_dcookie": 18, "move_pages": 239,
        "mbind": 235, "set_mempolicy": 237, "migrate_pages": 238, "vhangup": 58, "kcmp": 272,
    },
}  # fmt: skip
REFUSED_ON_BOTH = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447,
}  # fmt: skip
CLONE = {"x86_64": 56, "aarch64": 220}
SOCKET = {"x86_64": 41, "aarch64": 198}
CLONE3 = 435
SECCOMP = {"x86_64": 317, "aarch64": 277}

Instruction = tuple[int, int, int, int]  # (code, jump if true, jump if false, constant)


class _Filter(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Filter))]


def program(machine: str) -> list[Instruction]:
    """The filter for this architecture, a key of `ARCHITECTURES`."""
    refuse, missing = (RETURN, 0, 0, REFUSE | errno.EPERM), (RETURN, 0, 0, REFUSE | errno.ENOSYS)
    found = [(LOAD, 0, 0, AT_ARCH), (EQUAL, 1, 0, ARCHITECTURES[machine]), missing, (LOAD, 0, 0, AT_NUMBER)]
    if machine == "x86_64":
        found += [(BITS, 0, 1, X32), missing]
    for number in [*REFUSED[machine].values(), *REFUSED_ON_BOTH.values()]:
        found += [(EQUAL, 0, 1, number), refuse]
    # Its flags lie in memory, where a filter cannot look; without it the C library calls clone.
    found += [(EQUAL, 0, 1, CLONE3), missing]
    found += [(EQUAL, 0, 4, CLONE[machine]), (LOAD, 0, 0, AT_FIRST_ARGUMENT), (BITS, 0, 1, NEW_NAMESPACES)]
    found += [refuse, (RETURN, 0, 0, ALLOW)]
    allowed = [(EQUAL, len(FAMILIES) - index, 0, family) for index, family in enumerate(FAMILIES)]
    found += [(EQUAL, 0, 2 + len(FAMILIES), SOCKET[machine]), (LOAD, 0, 0, AT_FIRST_ARGUMENT), *allowed]
    found += [(RETURN, 0, 0, REFUSE | errno.EAFNOSUPPORT), (RETURN, 0, 0, ALLOW)]
    return found


def apply() -> bool:
    """For this thread and all it starts; False on an architecture that has no list here.

    No new privileges must have been given up before. Speculation is left as it is: the
    filter protects the kernel, and the slower mode would fall on what is measured.
    Raises OSError where the kernel has no seccomp.
    """
    machine = os.uname().machine
    if machine not in ARCHITECTURES:
        return False
    instructions = program(machine)
    filters = (_Filter * len(instructions))(*instructions)
    given = _Program(len(instructions), filters)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(SECCOMP[machine], SET_MODE_FILTER, SPEC_ALLOW, ctypes.byref(given)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")
    return True
