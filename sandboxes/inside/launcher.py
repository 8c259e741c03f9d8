"""Becomes the target: takes its place in the sandbox, then executes the command.

Started as `python -I -S launcher.py`. Its settings come first on stdin, as eight
hex digits of length and that many bytes of a marshalled dict; what follows on stdin
is the target's. One JSON line on `status_fd` says `{"pid": ...}` when all is set (with a
supervisor also the target's pid `child` and the CPU nanoseconds it has `spent_ns` on
the way), or `{"error": ...}`; no instruction of the target has run before that line.

Settings: command, env, cwd, status_fd, supervise, and optionally record (file
for pid and start time), cgroups (cgroup.procs files to enter), namespaces, cpu,
rlimits, no_stdin, oom_first, user (uid and gid to become, without any capability) and
keeper (the uid to supervise as, out of the target's reach; needs root and user).

It stands before every command, so it imports little: json, enum (by way of signal) and
typing would take longer than all it does.
"""

from __future__ import annotations

import _signal as signal
import ctypes
import marshal
import os
import resource
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    Settings = dict[str, Any]

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  (pathlib doubles the start-up time here)

LIBC = ctypes.CDLL(None, use_errno=True)
DUMPABLE = 4  # PR_SET_DUMPABLE, <linux/prctl.h>
NO_NEW_PRIVILEGES = 38
BOUNDING_SET_DROP = 24
CHILD_SUBREAPER = 36
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 0x20000, 0x8000000, 0x10000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
MS_RELATIME = 1 << 21
# With these root could undo the mounts, raise the limits or reach the kernel: MKNOD, NET_ADMIN,
# SYS_MODULE, SYS_RAWIO, SYS_ADMIN, SYS_BOOT, SYS_RESOURCE, SYS_TIME (<linux/capability.h>).
DROPPED_CAPABILITIES = (27, 12, 16, 17, 21, 22, 24, 25)


def read_exactly(fd: int, size: int) -> bytes:
    chunks = []
    while size:
        chunk = os.read(fd, min(size, 65536))
        if not chunk:
            raise EOFError("the settings were cut short")
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def call(name: str, *arguments: object) -> None:
    """Call into the C library. Raises OSError."""
    if getattr(LIBC, name)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}{arguments[:3]!r}: {os.strerror(code)}")


def mount(source: str, target: str, kind: bytes | None, flags: int, data: bytes = b"") -> None:
    call("mount", source.encode(), target.encode(), kind, ctypes.c_ulong(flags), data)


def bind(source: str, target: str, read_only: bool) -> None:
    mount(source, target, None, MS_BIND)
    if read_only:
        # A user namespace may not clear the flags that the file system was mounted with.
        kept = os.statvfs(target).f_flag
        flags = kept & (MS_NOSUID | MS_NODEV | 8 | 1024 | 2048)
        if kept & 4096:
            flags |= MS_RELATIME
        mount(source, target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | flags)


def enter_user_namespace() -> None:
    uid, gid = os.getuid(), os.getgid()
    call("unshare", CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open("/proc/self/" + name, "w") as file:  # noqa: PTH123  (pathlib doubles the start-up time here)
            file.write(text)


def raise_loopback() -> None:
    import _socket  # noqa: PLC0415  (only where a network namespace was asked for)
    import fcntl  # noqa: PLC0415
    import struct  # noqa: PLC0415

    sock = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
    fcntl.ioctl(sock.fileno(), 0x8914, request)  # SIOCSIFFLAGS
    sock.close()


def enter_namespaces(settings: Settings) -> None:
    if settings["user"]:
        enter_user_namespace()
    call("unshare", CLONE_NEWNS | CLONE_NEWIPC | (CLONE_NEWNET if settings["network"] else 0))
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for source, target, read_only in settings["binds"]:
        bind(source, target, read_only)
    for target, options in settings["tmpfs"]:
        mount("tmpfs", target, b"tmpfs", MS_NOSUID | MS_NODEV, options.encode())
    if settings["network"]:
        raise_loopback()


def give_up_privileges() -> None:
    if os.geteuid() == 0:
        for capability in DROPPED_CAPABILITIES:
            LIBC.prctl(BOUNDING_SET_DROP, capability, 0, 0, 0)
    call("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def take_place(settings: Settings) -> None:
    """All that comes before the command; the groups last, so that little of it is on their clock."""
    groups = [os.open(path, os.O_WRONLY | os.O_CLOEXEC) for path in settings.get("cgroups", ())]
    if settings.get("namespaces"):
        enter_namespaces(settings["namespaces"])
        give_up_privileges()
    if settings.get("oom_first"):
        # When memory is short in the container, the target goes and not what looks after it.
        # The file is ours only while we are dumpable, which we are no more as another user.
        call("prctl", DUMPABLE, 1, 0, 0, 0)
        with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123  (see above)
            file.write("1000")
    if settings.get("cpu") is not None:
        os.sched_setaffinity(0, {settings["cpu"]})
    for name, value in settings.get("rlimits", {}).items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (ceiling, ceiling))
    if settings.get("user"):
        import privileges  # noqa: PLC0415  (only where the target is another user than we are)

        privileges.become(*settings["user"])
    os.umask(0o022)
    os.chdir(settings["cwd"])
    if settings.get("no_stdin"):
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
    for group in groups:
        os.write(group, b"0")


def report(fd: int, message: Settings) -> None:
    import json  # noqa: PLC0415  (where something failed anyway)

    os.write(fd, json.dumps(message).encode() + b"\n")


def report_numbers(fd: int, **numbers: int) -> None:
    """As `report`, without what importing json costs."""
    fields = ", ".join(f'"{name}": {number}' for name, number in numbers.items())
    os.write(fd, f"{{{fields}}}\n".encode())


def execute_found(command: list[str], env: dict[str, str]) -> NoReturn:
    """As `os.execvpe`, which first imports a module for its warnings."""
    if "/" in command[0]:
        os.execve(command[0], command, env)
    missing: OSError | None = None
    denied: OSError | None = None
    for folder in env.get("PATH", os.defpath).split(":"):
        try:
            os.execve(f"{folder or '.'}/{command[0]}", command, env)
        except (FileNotFoundError, NotADirectoryError) as error:
            missing = error
        except OSError as error:
            denied = denied or error
    raise denied or missing


def execute(settings: Settings) -> NoReturn:
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    command = settings["command"]
    try:
        execute_found(command, settings["env"])
    except OSError as error:
        os.write(2, f"cannot execute {command[0]}: {error.strerror}\n".encode())
        os._exit(126 if isinstance(error, PermissionError) else 127)


def wait_for(child: int) -> tuple[int, int]:
    """The child's wait status and CPU nanoseconds; orphans that come to us are reaped on the way."""
    while True:
        pid, status, usage = os.wait4(-1, 0)
        if pid == child:
            return status, round((usage.ru_utime + usage.ru_stime) * 1e9)


def supervise(settings: Settings) -> NoReturn:
    """Stay as the parent of all that the command starts, so that none of it can get away.

    As a child subreaper (prctl(2)) this process adopts what the target daemonizes.
    """
    import processes  # noqa: PLC0415  (only where no control group holds the command)

    status_fd = settings["status_fd"]
    if settings.get("keeper"):
        import privileges  # noqa: PLC0415  (see above)

        privileges.share((0, 1, 2))
        privileges.keep_watch(settings["keeper"])
    call("prctl", CHILD_SUBREAPER, 1, 0, 0, 0)
    ready_read, ready_write = os.pipe()
    go_read, go_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go_write)
        run_child(settings, ready_write, go_read)
    os.close(ready_write)
    os.close(go_read)
    os.close(0)
    # Whoever started us wants all of it gone: with the target dead the rest follows below.
    signal.signal(signal.SIGTERM, lambda *_: processes.kill(child))
    said = os.read(ready_read, 4096).decode()
    ready = said.startswith("ready ")
    if ready:
        report_numbers(status_fd, pid=os.getpid(), child=child, spent_ns=int(said[6:]))
        os.write(go_write, b"1")
    else:
        report(status_fd, {"error": said})
    status, cpu = wait_for(child)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    processes.end_descendants(os.getpid())
    if settings.get("report_end"):
        report_numbers(status_fd, cpu_ns=cpu)
    leave_as(status)


def run_child(settings: Settings, ready: int, go: int) -> NoReturn:
    os.setsid()
    try:
        take_place(settings)
    except OSError as error:
        os.write(ready, str(error).encode()[:4000])
        os._exit(125)
    execute_when_told(settings, ready, go)


def execute_when_told(settings: Settings, ready: int, go: int) -> NoReturn:
    os.write(ready, f"ready {time.process_time_ns()}".encode())
    os.close(ready)
    # The end of the pipe without a word is the supervisor's death: nobody would end the target.
    if os.read(go, 1) != b"1":
        os._exit(125)
    execute(settings)


def leave_as(status: int) -> NoReturn:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))


def leave_record(path: str) -> None:
    """Say who we are before anything can go wrong, so that a later process can find and end us."""
    with open("/proc/self/stat", "rb") as file:  # noqa: PTH123
        started = int(file.read().rpartition(b")")[2].split()[19])
    with open(path, "w") as file:  # noqa: PTH123
        file.write(f"{os.getpid()} {started}\n")


def main() -> None:
    settings = marshal.loads(read_exactly(0, int(read_exactly(0, 8), 16)))  # the coordinator's own
    status_fd = settings["status_fd"]
    if status_fd > 2:
        os.set_inheritable(status_fd, False)
    try:
        if settings.get("record"):
            leave_record(settings["record"])
        if settings["supervise"]:
            supervise(settings)
        take_place(settings)
    except OSError as error:
        report(status_fd, {"error": str(error)})
        sys.exit(125)
    report_numbers(status_fd, pid=os.getpid())
    execute(settings)


if __name__ == "__main__":
    sys.modules["launcher"] = sys.modules[__name__]  # for those that it imports and that use it
    main()
