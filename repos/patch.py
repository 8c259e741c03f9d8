"""Patches: make one from edits or from two trees, and apply one to a tree.

Git makes and applies them, but in an empty staging folder that holds only the
files concerned: there git finds no `.gitattributes` that would convert line
ends and no link to follow, and bytes survive as they are.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hotloop.repos.diff import FileChange, parse_patch
from hotloop.repos.errors import GitFailed, PatchError
from hotloop.repos.git import hardened_environment, run_git
from hotloop.repos.paths import is_regular, link_in_path, path_problem
from hotloop.repos.tree import MTIME
from hotloop.repos.walk import Found, walk
from hotloop.sandboxes.owners import temporary_folder

__all__ = [
    "PatchError",
    "apply_patch",
    "extend_patch",
    "make_patch",
    "patch_between",
    "patched_texts",
    "touched_files",
]

_DIFF = (
    "diff",
    "--no-index",
    "--no-prefix",
    "--no-color",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--text",
)
_APPLY = ("apply", "--whitespace=nowarn", "--no-ignore-whitespace", "-p1", "-")
_HEAD = re.compile(r"^diff --git (.+)$", re.MULTILINE)
_BINARY_PROBE = 8000  # bytes git looks at (buffer_is_binary)


def make_patch(tree: Path, edits: Mapping[str, str | None]) -> str:
    """The patch, in git's format, from `tree` to `tree` with `edits`; empty when nothing changes.

    edits: the new text of each file by path, exact to the byte once encoded as
    UTF-8; None deletes the file. Raises PatchError for a path or a content
    that a patch may not hold.
    """
    with temporary_folder("diff") as stage:
        for path, text in edits.items():
            _check_target(tree, path)
            _stage(tree, path, stage / "a")
            if text is not None:
                _put(stage / "b", path, _encode(path, text), executable=_executable(tree / path))
        return _diff(stage)


def extend_patch(base: Path, patch: str, edits: Mapping[str, str | None]) -> str:
    """The patch from `base` to `base` with `patch` applied and `edits` made on top.

    Only the files concerned are looked at. Raises PatchError as `make_patch` and `apply_patch` do.
    """
    if not patch:
        return make_patch(base, edits)
    return make_patch(base, {**patched_texts(base, patch), **edits})


def patched_texts(base: Path, patch: str) -> dict[str, str | None]:
    """The text of each file that `patch` touches once it is applied to `base`, None for one it deletes.

    `base` stays as it is. Raises PatchError as `apply_patch` does.
    """
    paths = touched_files(patch)
    with temporary_folder("extend") as stage:
        for path in paths:
            _check_target(base, path)
            _stage(base, path, stage)
        apply_patch(stage, patch)
        return {path: _text_at(stage / path) for path in paths}


def patch_between(base: Path, tree: Path, edits: Mapping[str, str | None] | None = None) -> str:
    """The patch from `base` to `tree` with `edits` made on top.

    Both are trees of sources: what a build left in one of them would be part
    of the patch. Raises PatchError when they differ in more than text files.
    """
    later = {path: _text_at(tree / path) for path in _differing(base, tree)}
    return make_patch(base, {**later, **(edits or {})})


def touched_files(patch: str) -> list[str]:
    """Paths of all files that `patch` changes. Raises PatchError when it is not allowed."""
    return [change.path for change in parse_patch(patch)]


def apply_patch(tree: Path, patch: str) -> tuple[FileChange, ...]:
    """Apply `patch` to the files of `tree`, all or none; returns what it changed.

    Raises PatchError, with the reason in one line, when the patch is not allowed or does not fit.
    """
    changes = parse_patch(patch)
    with temporary_folder("apply") as stage:
        for change in changes:
            _check_target(tree, change.path)
            _stage(tree, change.path, stage)
        _apply_staged(stage, patch, {change.path for change in changes})
        for change in sorted(changes, key=lambda change: change.kind != "deleted"):
            _take(stage, tree, change.path)
    return changes


def _apply_staged(stage: Path, patch: str, expected: set[str]) -> None:
    content = patch.encode("utf-8", "strict")
    environment = hardened_environment(user_config=False)
    environment["GIT_CEILING_DIRECTORIES"] = str(stage.parent)
    try:
        listed = run_git([*_APPLY, "--numstat", "-z"], cwd=stage, environment=environment, stdin=content)
        # Two parsers that disagree on a file's name are a hole: ours must have seen what git sees.
        seen = {line.split(b"\t", 2)[2].decode("utf-8") for line in listed.split(b"\0") if line}
        if seen != expected:
            raise PatchError("the patch names its files ambiguously")
        run_git(_APPLY, cwd=stage, environment=environment, stdin=content)
    except GitFailed as failure:
        raise PatchError(f"the patch does not apply: {failure.words.removeprefix('error: ')}") from failure


def _check_target(tree: Path, path: str) -> None:
    problem = path_problem(path)
    if problem is None and link_in_path(tree, path):
        problem = "a symbolic link is in the way"
    place = tree / path
    if problem is None and place.exists() and not is_regular(place):
        problem = "it is not a regular file"
    if problem:
        raise PatchError(f"{path!a}: {problem}")


def _stage(tree: Path, path: str, side: Path) -> None:
    """Copy a file, if it is there, to the same path below `side`."""
    side.mkdir(parents=True, exist_ok=True)
    place = tree / path
    if is_regular(place):
        _put(side, path, _text_bytes(path, place.read_bytes()), executable=_executable(place))


def _put(side: Path, path: str, content: bytes, *, executable: bool) -> None:
    place = side / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    place.chmod(0o755 if executable else 0o644)


def _executable(place: Path) -> bool:
    return is_regular(place) and bool(place.lstat().st_mode & stat.S_IXUSR)


def _encode(path: str, text: str) -> bytes:
    try:
        return _text_bytes(path, text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise PatchError(f"{path!a}: the new text cannot be written as UTF-8") from error


def _text_at(place: Path) -> str | None:
    """The file's text, None where there is no file."""
    return _text_bytes(place.name, place.read_bytes()).decode("utf-8") if is_regular(place) else None


def _text_bytes(path: str, content: bytes) -> bytes:
    """`content`, if a patch can carry it: UTF-8 without null bytes."""
    if b"\0" in content[:_BINARY_PROBE]:
        raise PatchError(f"{path!a}: it is a binary file")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PatchError(f"{path!a}: it is not UTF-8 text") from error
    return content


def _diff(stage: Path) -> str:
    for side in ("a", "b"):
        (stage / side).mkdir(exist_ok=True)
    raw = run_git(
        [*_DIFF, "a", "b"], cwd=stage, environment=hardened_environment(user_config=False), accepted=(0, 1)
    )
    return _HEAD.sub(_both_sides_named, raw.decode("utf-8"))


def _both_sides_named(head: re.Match[str]) -> str:
    """With `--no-index` a new file's head is `b/x b/x`, a deleted one's `a/x a/x`; make both `a/x b/x`."""
    names = head[1]
    first, second = names[: len(names) // 2], names[len(names) // 2 + 1 :]
    if first != second:
        return head[0]
    quote = '"' if first.startswith('"') else ""
    rest = first[len(quote) + 1 :]
    return f"diff --git {quote}a{rest} {quote}b{rest}"


def _differing(base: Path, tree: Path) -> list[str]:
    facts = [{f.path: f for f in walk(side) if f.kind != "folder"} for side in (base, tree)]
    return [path for path in sorted({*facts[0], *facts[1]}) if _differs(path, base, tree, facts)]


def _differs(path: str, base: Path, tree: Path, facts: list[dict[str, Found]]) -> bool:
    before, after = facts[0].get(path), facts[1].get(path)
    present = [found for found in (before, after) if found is not None]
    same_link = len(present) == 2 and all(found.kind == "link" for found in present)
    if same_link and (base / path).readlink() == (tree / path).readlink():
        return False
    if any(found.kind != "file" for found in present):
        raise PatchError(f"{path!a}: it is not a regular file")
    if before is None or after is None:
        return True
    if before.executable != after.executable:
        raise PatchError(f"{path!a}: its mode differs")
    return before.size != after.size or (base / path).read_bytes() != (tree / path).read_bytes()


def _take(stage: Path, tree: Path, path: str) -> None:
    """Bring one file's new state from the staging folder into the tree.

    The file is replaced, not written to: whatever else has it open or linked keeps the old content.
    """
    made, place = stage / path, tree / path
    if not is_regular(made):
        place.unlink()
        _drop_empty(tree, path)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".hotloop-")
    with os.fdopen(handle, "wb") as file:
        file.write(made.read_bytes())
    Path(name).chmod(0o755 if _executable(made) else 0o644)
    os.utime(name, (MTIME, MTIME))
    Path(name).replace(place)


def _drop_empty(tree: Path, path: str) -> None:
    """Remove the folders that a deletion left empty, as a checkout would: an empty one can be imported."""
    for parent in list(Path(path).parents)[:-1]:
        if any((tree / parent).iterdir()):
            return
        (tree / parent).rmdir()
