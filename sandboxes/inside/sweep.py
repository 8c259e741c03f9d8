"""End what commands left behind in a container. Started by path, as the user that commands run as.

Arguments: pids of the launchers that are still wanted. Kept are everything below them,
this process, and what belongs to other users (the container's own two processes); all
others are killed until none is left.
"""

from __future__ import annotations

import os
import signal
import sys
import time


def processes() -> dict[int, tuple[int, int]]:
    """Parent and user of every living process.

    The owner of /proc/<pid> will not do: it is root's when the process made itself undumpable.
    """
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  (pathlib doubles the start-up time here)
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123  (see above)
                    fields = file.read().rpartition(b")")[2].split()
                with open(f"/proc/{name}/status", "rb") as file:  # noqa: PTH123
                    owner = int(file.read().partition(b"\nUid:")[2].split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[0] not in (b"Z", b"X"):
                found[int(name)] = (int(fields[1]), owner)
    return found


def unwanted(launchers: set[int]) -> set[int]:
    seen = processes()
    kept = {1, os.getpid()}
    below = set(launchers)
    while below:
        kept |= below
        below = {pid for pid, (parent, _) in seen.items() if parent in below} - kept
    return {pid for pid, (_, owner) in seen.items() if pid not in kept and owner == os.getuid()}


def main() -> None:
    launchers = {int(argument) for argument in sys.argv[1:]}
    deadline = time.monotonic() + 10.0
    while left := unwanted(launchers):
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            sys.exit(1)
        time.sleep(0.001)


if __name__ == "__main__":
    main()
