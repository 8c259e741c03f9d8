"""Reading and writing files that untrusted code may have arranged: no link is followed."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class NotRegular(OSError):
    """A link, a folder, a device: anything but a plain file."""


def walk(
    root: str | os.PathLike[str],
    folders: Sequence[str],
    make: bool = False,
    owner: tuple[int, int] | None = None,
) -> int:
    """Descriptor of the folder below `root`; each step is opened from the one before."""
    current = os.open(root, DIRECTORY & ~os.O_NOFOLLOW)
    for name in folders:
        try:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o755, dir_fd=current)
                    if owner:
                        os.chown(name, *owner, dir_fd=current, follow_symlinks=False)
            following = os.open(name, DIRECTORY, dir_fd=current)
        finally:
            os.close(current)
        current = following
    return current


def read_below(root: str | os.PathLike[str], parts: Sequence[str], limit: int) -> bytes:
    """Up to `limit` + 1 bytes of the file, so that the caller sees when there is more."""
    folder = walk(root, parts[:-1])
    try:
        # A FIFO would otherwise block us here for ever.
        fd = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise NotRegular(f"not a regular file: {parts}")
        return file.read(limit + 1)


def write_below(
    root: str | os.PathLike[str],
    parts: Sequence[str],
    data: bytes,
    owner: tuple[int, int] | None = None,
) -> None:
    """owner: uid and gid that the file and the folders made for it are given to."""
    folder = walk(root, parts[:-1], make=True, owner=owner)
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(parts[-1], flags, 0o644, dir_fd=folder)
    finally:
        os.close(folder)
    with os.fdopen(fd, "wb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise NotRegular(f"not a regular file: {parts}")
        if owner:
            os.fchown(fd, *owner)
        file.truncate(0)
        file.write(data)


def main() -> None:
    """`files.py read ROOT LIMIT PART...` to stdout; `files.py write ROOT SIZE PART...` from stdin.

    Exit codes: 0 done, 3 no such file, 4 anything else, with the reason on stderr.
    """
    verb, root, size, *parts = sys.argv[1:]
    try:
        if verb == "read":
            sys.stdout.buffer.write(read_below(root, parts, int(size)))
        else:
            write_below(root, parts, sys.stdin.buffer.read(int(size)))
    except FileNotFoundError:
        sys.exit(3)
    except OSError as error:
        sys.stderr.write(str(error))
        sys.exit(4)


if __name__ == "__main__":
    main()
