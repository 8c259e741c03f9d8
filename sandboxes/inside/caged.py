"""The first process inside walls that another program has built: supervises the target.

Started as `python -I -S caged.py` and given its settings as `launcher.py` is. It
is process 1 of its pid namespace: the kernel kills all that is in it when it ends, and no
process inside can signal it. One JSON line on `status_fd` says `{"spent_ns": ...}` (CPU
nanoseconds the target's process used before it became the target) or `{"error": ...}`.
The target's first instruction runs when one more byte has come on stdin. At the end
comes `{"cpu_ns": ...}`, of the target and the children it waited for.

Settings beside those of `launcher.take_place`: status_fd, cgroup_fds (open cgroup.procs
files to enter) and user (uid and gid to become, where it may; None: stay).
"""

from __future__ import annotations

import _signal as signal
import marshal
import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    Settings = dict[str, Any]

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  (pathlib doubles the start-up time here)

import launcher  # noqa: E402  (found by the line above)
import privileges  # noqa: E402
import processes  # noqa: E402
import seccomp  # noqa: E402


def become_target(settings: Settings, ready: int, go: int) -> NoReturn:
    os.setsid()
    try:
        for group in settings["cgroup_fds"]:
            os.write(group, b"0")
        launcher.call("prctl", launcher.NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        launcher.take_place(settings)
        seccomp.apply()
    except OSError as error:
        os.write(ready, str(error).encode()[:4000])
        os._exit(125)
    launcher.execute_when_told(settings, ready, go)


def supervise(settings: Settings) -> NoReturn:
    status_fd = settings["status_fd"]
    if settings["user"]:
        privileges.share((0, 1, 2))
    ready_read, ready_write = os.pipe()
    go_read, go_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go_write)
        become_target(settings, ready_write, go_read)
    # Nobody inside may trace this process or take the status pipe from it.
    launcher.call("prctl", launcher.DUMPABLE, 0, 0, 0, 0)
    for fd in (ready_write, go_read, *settings["cgroup_fds"]):
        os.close(fd)
    signal.signal(signal.SIGTERM, lambda *_: processes.kill(child))
    said = os.read(ready_read, 4096).decode()
    ready = said.startswith("ready ")
    if ready:
        launcher.report_numbers(status_fd, spent_ns=int(said[6:]))
    else:
        launcher.report(status_fd, {"error": said or "its process ended"})
    if ready and os.read(0, 1):
        os.write(go_write, b"1")
    os.close(0)
    os.close(go_write)
    status, cpu = launcher.wait_for(child)
    launcher.report_numbers(status_fd, cpu_ns=cpu)
    os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def main() -> None:
    size = int(launcher.read_exactly(0, 8), 16)
    settings = marshal.loads(launcher.read_exactly(0, size))  # the coordinator's own
    for fd in (settings["status_fd"], *settings["cgroup_fds"]):
        os.set_inheritable(fd, False)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    supervise(settings)


if __name__ == "__main__":
    main()
