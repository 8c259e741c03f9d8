"""Hand a patch over: as a branch with one commit, or as changed files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hotloop.errors import UsageError
from hotloop.repos.diff import FileChange, parse_patch
from hotloop.repos.errors import GitFailed, PatchError
from hotloop.repos.git import hardened_environment, run_git, without_filters
from hotloop.repos.patch import apply_patch
from hotloop.repos.paths import link_in_path
from hotloop.repos.source import Source
from hotloop.sandboxes.owners import temporary_folder

AUTHOR = ("Hotloop", "hotloop@localhost")

_APPLY = ("apply", "--whitespace=nowarn", "--no-ignore-whitespace", "-p1")
_CHECKED = 500  # paths for one `git status`


def make_branch(source: Source, name: str, patch: str, message: str, author: tuple[str, str] = AUTHOR) -> str:
    """Commit `patch` on the base as the new branch `name`; returns the commit's hash.

    Work tree, index and HEAD stay as they are and no hook runs. author: name
    and e-mail address, of the committer too. Raises UsageError when the source
    is not git, the name is not fit for a branch or taken, PatchError when the
    patch does not apply to the base.
    """
    check_branch(source, name)
    parse_patch(patch)
    with temporary_folder("index") as folder:
        environment = _private_index(folder / "index", author)
        tree = _write_tree(source, patch, environment)
        commit = run_git(
            ["commit-tree", tree, "-p", source.base],
            cwd=source.root,
            environment=environment,
            stdin=message.encode(),
        )
    oid = commit.decode().strip()
    _create_ref(source, name, oid)
    return oid


def branch_holds(source: Source, name: str, patch: str) -> bool:
    """Whether the branch is one commit on the base, and that commit the patch."""
    command = ["for-each-ref", "--format=%(tree) %(parent)", f"refs/heads/{name}"]
    found = run_git(command, cwd=source.root).decode().strip()
    if not found:
        return False
    with temporary_folder("index") as folder:
        tree = _write_tree(source, patch, _private_index(folder / "index", AUTHOR))
    return found == f"{tree} {source.base}"


def check_branch(source: Source, name: str) -> None:
    """Raise UsageError if `make_branch` could not make this branch; a run asks before it starts."""
    if not source.is_git:
        raise UsageError(
            f"{source.root} is not a git repository, so it can have no branch", "Leave out --branch"
        )
    try:
        run_git(["check-ref-format", f"refs/heads/{name}"], cwd=source.root)
    except GitFailed as failure:
        raise UsageError(f"{name!a} is not a name for a branch", "Choose another --branch") from failure
    if name.startswith("-"):
        raise UsageError(f"{name!a} is not a name for a branch", "Choose another --branch")
    if run_git(["for-each-ref", "--format=%(refname)", f"refs/heads/{name}"], cwd=source.root):
        raise UsageError(f"The branch {name} exists", "Choose another --branch, or delete it first")


def _private_index(index: Path, author: tuple[str, str]) -> dict[str, str]:
    name, address = author
    return hardened_environment() | {
        "GIT_INDEX_FILE": str(index),
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": address,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": address,
    }


def _write_tree(source: Source, patch: str, environment: dict[str, str]) -> str:
    run_git(["read-tree", source.base], cwd=source.root, environment=environment)
    try:
        run_git([*_APPLY, "--cached", "-"], cwd=source.root, environment=environment, stdin=patch.encode())
    except GitFailed as failure:
        raise PatchError(f"the patch does not apply to the base: {failure.words}") from failure
    return run_git(["write-tree"], cwd=source.root, environment=environment).decode().strip()


def _create_ref(source: Source, name: str, oid: str) -> None:
    """Git itself makes sure that the branch is new: the old value must be absent."""
    absent = "0" * len(oid)
    message = "branch: made by hotloop"
    try:
        run_git(["update-ref", "-m", message, f"refs/heads/{name}", oid, absent], cwd=source.root)
    except GitFailed as failure:
        raise UsageError(
            f"The branch {name} cannot be made: {failure.words}", "Choose another --branch"
        ) from failure


def apply_to_worktree(source: Source, patch: str) -> tuple[str, ...]:
    """Change the user's files as `patch` says, all or none; returns their paths.

    Nothing is staged or committed. Raises UsageError when a touched file has
    uncommitted changes or the patch does not fit the files as they are.
    """
    if source.bare:
        raise UsageError(f"{source.name} has no checked-out files", "Use --branch, or apply in a clone")
    paths = tuple(change.path for change in _readable(patch))
    linked = [path for path in paths if link_in_path(source.root, path)]
    if linked:
        raise UsageError(f"{linked[0]} is, or lies below, a symbolic link", "Apply patch.diff by hand")
    try:
        if source.is_git:
            _apply_in_git(source.root, patch, paths)
        else:
            apply_patch(source.root, patch)
    except (PatchError, GitFailed) as failure:
        words = failure.words if isinstance(failure, GitFailed) else str(failure)
        raise UsageError(
            f"The patch does not fit the files as they are: {words}", "Go back to the base"
        ) from failure
    return paths


def _readable(patch: str) -> Sequence[FileChange]:
    try:
        return parse_patch(patch)
    except PatchError as error:
        raise UsageError(
            f"The patch cannot be read: {error}", "Use the patch.diff that the run wrote"
        ) from error


def _apply_in_git(root: Path, patch: str, paths: Sequence[str]) -> None:
    environment = hardened_environment(config=without_filters(root))
    for start in range(0, len(paths), _CHECKED):
        _refuse_changed(root, paths[start : start + _CHECKED], environment)
    run_git([*_APPLY, "-"], cwd=root, environment=environment, stdin=patch.encode())


def _refuse_changed(root: Path, paths: Sequence[str], environment: dict[str, str]) -> None:
    command = [
        "--literal-pathspecs",
        "status",
        "--porcelain=v1",
        "-z",
        "--no-renames",
        "--untracked-files=all",
        "--",
    ]
    status = run_git([*command, *paths], cwd=root, environment=environment)
    if status:
        changed = status.decode("utf-8", "replace").split("\0")[0][3:]
        raise UsageError(f"{changed} has uncommitted changes", "Commit or stash them first")
