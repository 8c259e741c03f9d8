"""Trees that show another tree and keep what is changed in them apart: the kernel's overlay file system.
Beside them scratch folders of limited size; all that we mount is found again, and released, here.

See Documentation/filesystems/overlayfs.rst of the kernel. The tree below is never
written to, whatever happens in the one above.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import stat
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hotloop.sandboxes.errors import SandboxError

SOURCE = "hotloop"
"""What our mounts say they are mounted from, by which they are known."""
SETTING = "HOTLOOP_TREES"
"""Set to "copy" it turns overlays off: for an engine that does not see this process's mounts."""
MS_NOSUID, MS_NODEV = 2, 4  # <sys/mount.h>
MNT_DETACH, UMOUNT_NOFOLLOW = 2, 8
REDIRECT = "trusted.overlay.redirect"
"""Set on a folder in the upper layer that shows the content of another one below."""
_MOUNTS = Path("/proc/self/mountinfo")
_OPTIONS = ("redirect_dir=on,index=off,metacopy=off,volatile", "redirect_dir=on,index=off,metacopy=off")
_ESCAPED = re.compile(rb"\\([0-7]{3})")
_UNSAYABLE = re.compile(r"[,:\\\"\n]")
"""In the options of a mount these part one path from the next, or would have to be escaped."""


@dataclass(frozen=True)
class Overlay:
    """place: where it is seen. lower: what it shows. layers: its own folder, with `upper` and `work`."""

    place: Path
    lower: Path
    layers: Path

    @property
    def upper(self) -> Path:
        return self.layers / "upper"

    def changed(self) -> Iterator[Path]:
        """What was made or changed in it, relative to it; what was deleted is left out."""
        for folder, names, files in os.walk(self.upper):
            here = Path(folder)
            for name in (*names, *files):
                if not _is_whiteout(here / name):
                    yield (here / name).relative_to(self.upper)

    def moved(self) -> bool:
        """Whether a folder from below is seen at another place than there."""
        folders = [self.upper / path for path in self.changed()]
        return any(_is_redirected(path) for path in folders if path.is_dir() and not path.is_symlink())


def _is_whiteout(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _is_redirected(path: Path) -> bool:
    return REDIRECT in os.listxattr(path)


@lru_cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def why_not(folder: Path) -> str | None:
    """Why no overlay can be made with its layers in `folder`, which is made; None if it can."""
    if os.environ.get(SETTING) == "copy":
        return f"{SETTING}=copy is set"
    if not sys.platform.startswith("linux"):
        return "overlays need Linux"
    if os.geteuid() != 0:
        return "only root may mount an overlay"
    folder.mkdir(parents=True, exist_ok=True)
    trial = folder / f"trial-{uuid.uuid4().hex[:12]}"
    try:
        (trial / "lower").mkdir(parents=True)
        mount(trial / "lower", trial / "place", trial)
    except OSError as error:
        return f"the kernel mounts no overlay in {folder}: {error.strerror}"
    except SandboxError as error:
        return str(error)
    finally:
        release(trial)
        shutil.rmtree(trial)
    return None


def mount(lower: Path, place: Path, folder: Path) -> Overlay:
    """Show `lower` at `place`, which is made; changes go to a new folder in `folder`.

    All must stay as long as it is mounted, and `lower` as it is. Raises OSError when the
    kernel refuses, SandboxError for paths that cannot be named to it.
    """
    lower, folder = lower.resolve(), folder.resolve()
    layers = folder / uuid.uuid4().hex[:16]
    if not can_name(lower) or not can_name(layers):
        raise SandboxError(f"an overlay of {lower} in {folder} cannot be named to the kernel")
    for path in (layers / "upper", layers / "work", place):
        path.mkdir(parents=True)
    made = Overlay(place.resolve(), lower, layers)
    _like(lower, made.upper)
    try:
        _mount(made)
    except OSError:
        shutil.rmtree(layers)
        place.rmdir()
        raise
    return made


def can_name(path: Path) -> bool:
    """Whether the kernel can be told of it."""
    return not _UNSAYABLE.search(str(path.resolve()))


def _like(folder: Path, other: Path) -> None:
    """The folder at the top is the upper layer's own; it is to look as the one below."""
    status = folder.stat()
    os.chown(other, status.st_uid, status.st_gid)
    other.chmod(stat.S_IMODE(status.st_mode))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))


def _mount(wanted: Overlay) -> None:
    """Without `volatile`, which Linux has since 5.10, each unmount waits for the disk."""
    layers = f"lowerdir={wanted.lower},upperdir={wanted.upper},workdir={wanted.layers / 'work'}"
    flags = ctypes.c_ulong(MS_NOSUID | MS_NODEV)
    for options in _OPTIONS:
        data = f"{layers},{options}".encode()
        if _libc().mount(SOURCE.encode(), os.fsencode(wanted.place), b"overlay", flags, data) == 0:
            return
    code = ctypes.get_errno()
    raise OSError(code, os.strerror(code), str(wanted.place))


def mount_scratch(place: Path, size: int) -> None:
    """Make an empty folder one that holds `size` bytes at most, in memory. Raises OSError when refused."""
    flags = ctypes.c_ulong(MS_NOSUID | MS_NODEV)
    data = f"size={size},mode=0700".encode()
    if _libc().mount(SOURCE.encode(), os.fsencode(place.resolve()), b"tmpfs", flags, data):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(place))


def overlays() -> Iterator[Overlay]:
    """All of ours that this process can see, in the order in which they were mounted."""
    for place, options in _ours(b"overlay"):
        said = dict(option.partition(b"=")[::2] for option in options.split(b","))
        if b"upperdir" in said:
            yield Overlay(place, Path(_plain(said[b"lowerdir"])), Path(_plain(said[b"upperdir"])).parent)


def _scratches() -> list[Path]:
    return [place for place, _ in _ours(b"tmpfs")]


def _ours(wanted: bytes) -> Iterator[tuple[Path, bytes]]:
    """(where, options) of each mount of that kind. See proc(5)."""
    for line in _MOUNTS.read_bytes().splitlines():
        before, _, after = line.partition(b" - ")
        kind, source, options = after.split(b" ", 2)
        if kind == wanted and source == SOURCE.encode():
            yield Path(_plain(before.split(b" ")[4])), options


def _plain(text: bytes) -> str:
    """As proc(5) writes a path: spaces and the like in octal."""
    return os.fsdecode(_ESCAPED.sub(lambda found: bytes([int(found[1], 8)]), text))


def find(place: Path) -> Overlay | None:
    """The overlay that is mounted at just this folder."""
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        return None
    place = place.resolve()
    return next((one for one in overlays() if one.place == place), None)


def release(folder: Path) -> int:
    """Unmount all of ours at and below `folder` and remove what was changed in it; how many there were.

    For what a killed process left behind, too.
    """
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        return 0
    folder = folder.resolve()
    scratches = [place for place in _scratches() if place.is_relative_to(folder)]
    for place in scratches:
        _unmount(place)
    found = [one for one in overlays() if one.place.is_relative_to(folder)]
    for one in reversed(found):
        _unmount(one.place)
        with suppress(FileNotFoundError):
            shutil.rmtree(one.layers)
    return len(scratches) + len(found)


def _unmount(place: Path) -> None:
    if _libc().umount2(os.fsencode(place), MNT_DETACH | UMOUNT_NOFOLLOW):
        raise SandboxError(f"cannot unmount {place}: {os.strerror(ctypes.get_errno())}")


def remove(place: Path) -> None:
    """Remove a tree, whether it is a folder or an overlay. Safe when there is none."""
    release(place)
    shutil.rmtree(place, ignore_errors=True)
