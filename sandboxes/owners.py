"""Whose something is that was left behind: the process that made it, and whether it still lives.

Everything that outlives a killed process (containers, scratch folders, temporary
folders) carries its maker's token. A token names one process for good: its machine and pid
namespace, the boot, the pid, and the clock tick at which it started.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from hotloop.sandboxes import proc

TOKEN = re.compile(r"([0-9a-f]{8})-([0-9a-f]{8})-(\d{1,10})-(\d{1,20})", re.ASCII)
PREFIX = "hotloop-"


class Life(Enum):
    """elsewhere: a process of another machine or pid namespace, which cannot be seen from here."""

    ALIVE = "alive"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"


def token() -> str:
    """This process's. Letters, digits and dashes."""
    return _token(os.getpid())


@functools.cache
def _token(pid: int) -> str:
    return f"{_machine()}-{_boot()}-{pid}-{proc.start_time(pid) or 0}"


def life_of(text: str) -> Life:
    """Of the process whose token this is. One that is no token is nobody's we know: elsewhere."""
    match = TOKEN.fullmatch(text)
    if match is None or match[1] != _machine():
        return Life.ELSEWHERE
    if match[2] != _boot():
        return Life.DEAD
    return Life.ALIVE if _is_running(int(match[3]), int(match[4])) else Life.DEAD


def _is_running(pid: int, started: int) -> bool:
    """A start of 0 was made where there is no /proc: there the pid has to do."""
    try:
        found = proc.start_time(pid)
        if found is not None:
            return found == started
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # another user's, in a /proc that hides it (hidepid, see proc(5))
    return True


@functools.cache
def _machine() -> str:
    """A process id means something on one machine and in one pid namespace only."""
    namespace = Path("/proc/self/ns/pid")
    inside = str(namespace.readlink()) if namespace.is_symlink() else ""
    return _short(f"{socket.gethostname()} {inside}")


@functools.cache
def _boot() -> str:
    file = Path("/proc/sys/kernel/random/boot_id")
    return _short(file.read_text() if file.is_file() else "")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """A new folder among the system's temporary files, gone at the end; its name says whose it is."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{purpose}-{token()}-") as name:
        yield Path(name)


def temporary_folders(parent: Path | None = None) -> dict[Path, str]:
    """Folders that `temporary_folder` made and nobody has removed, with their makers' tokens."""
    place = parent or Path(tempfile.gettempdir())
    named = re.compile(rf"{PREFIX}[a-z]+-({TOKEN.pattern})-\w+", re.ASCII)
    matches = {path: named.fullmatch(path.name) for path in place.glob(f"{PREFIX}*")}
    return {
        path: match[1] for path, match in matches.items() if match and path.is_dir() and not path.is_symlink()
    }
