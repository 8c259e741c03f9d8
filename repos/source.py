"""Open what the user names: a git repository, a git URL or a plain folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from hotloop.errors import UsageError
from hotloop.repos.errors import GitFailed
from hotloop.repos.git import hardened_environment, run_git, without_filters
from hotloop.repos.lfs import lfs_pointers, lfs_pointers_in_folder
from hotloop.repos.objects import GITLINK, list_commit
from hotloop.repos.urls import check_url, name_of, without_secrets
from hotloop.repos.walk import tree_hash

_SHOWN = 5
_OWN_FOLDER = ".hotloop"
_FETCH_SECONDS = 900.0


@dataclass(frozen=True)
class Source:
    """Where the base comes from.

    root: the work tree, the bare repository or the plain folder. git_dir: None
    for a plain folder. base: the commit's hash, or the folder's content hash.
    subdir: the part of the repository the user named. bare: there are no
    checked-out files. notes: what the user should know, one line each.
    """

    root: Path
    git_dir: Path | None
    base: str
    name: str
    subdir: PurePosixPath = field(default=PurePosixPath("."))
    bare: bool = False
    notes: tuple[str, ...] = ()

    @property
    def is_git(self) -> bool:
        return self.git_dir is not None


def open_source(what: str | Path, *, cache: Path | None = None, clean: bool = True) -> Source:
    """Open a path or URL; a URL is fetched, one commit deep, to a folder in `cache`.

    `cache` defaults to ~/.cache/hotloop/repos. clean: refuse a work tree whose files
    differ from the commit. Raises UsageError when that is so, when there is no
    repository, it has no commit, its files need Git LFS, or the URL is one git would
    execute.
    """
    text = str(what)
    if isinstance(what, str) and check_url(text):
        return fetch_source(text, cache=cache)
    path = Path(text).expanduser()
    if not path.is_dir():
        raise UsageError(f"No such repository: {text}", "Name a folder or a git URL")
    path = path.resolve()
    return _open_git(path, clean=clean) or _open_folder(path)


def _open_folder(path: Path) -> Source:
    if not any(path.iterdir()):
        raise UsageError(f"{path} is empty", "Name a folder that holds the project's files")
    _refuse_lfs(lfs_pointers_in_folder(path))
    return Source(root=path, git_dir=None, base=tree_hash(path), name=path.name)


def _open_git(path: Path, *, clean: bool) -> Source | None:
    """The repository that `path` is, or lies in and belongs to; None for a plain folder."""
    try:
        answer = run_git(["rev-parse", "--is-bare-repository", "--absolute-git-dir"], cwd=path)
    except GitFailed as failure:
        _refuse_broken(path, failure)
        return None
    bare, _, git_dir = answer.decode("utf-8", "surrogateescape").rstrip("\n").partition("\n")
    if bare == "true":
        return _at_head(Path(git_dir), Path(git_dir), Path(git_dir), bare=True, clean=clean)
    root = _work_tree(path)
    if path != root and not _tracked(root, path):
        return None
    return _at_head(root, Path(git_dir), path, bare=False, clean=clean)


def _refuse_broken(path: Path, failure: GitFailed) -> None:
    if "dubious ownership" in failure.words:
        raise UsageError(
            f"{path} belongs to another user, and git refuses to read it",
            f"Run: git config --global --add safe.directory {path}",
        )
    if (path / ".git").exists():
        raise UsageError(f"{path} is a broken git repository: {failure.words}", "Repair it with git fsck")


def _work_tree(path: Path) -> Path:
    try:
        shown = run_git(["rev-parse", "--show-toplevel"], cwd=path)
    except GitFailed as failure:
        raise UsageError(f"{path} has no work tree", "Name the repository's own folder") from failure
    root = Path(shown.decode("utf-8", "surrogateescape").rstrip("\n")).resolve()
    if not path.is_relative_to(root):
        raise UsageError(
            f"The repository at {path} keeps its files elsewhere, at {root}", "Unset its core.worktree"
        )
    return root


def _tracked(root: Path, path: Path) -> bool:
    """Whether the repository at `root` holds files below `path`; else it only lies there."""
    relative = path.relative_to(root).as_posix()
    listed = run_git(["--literal-pathspecs", "ls-files", "-z", "--", relative], cwd=root)
    return bool(listed)


def at_commit(source: Source, commit: str) -> Source:
    """`source` with another base. commit: a full hash. Raises UsageError where its files need Git LFS."""
    return replace(source, base=commit, notes=_check_commit(source.root, commit))


def _at_head(root: Path, git_dir: Path, named: Path, *, bare: bool, clean: bool) -> Source:
    try:
        commit = run_git(["rev-parse", "--verify", "HEAD^{commit}"], cwd=root).decode().strip()
    except GitFailed as failure:
        raise UsageError(f"{root} has no commit yet", "Commit the files first") from failure
    notes = _check_commit(root, commit)
    if not bare:
        notes += _check_clean(root, refuse=clean)
    subdir = PurePosixPath(named.relative_to(root).as_posix())
    return Source(root, git_dir, commit, _display_name(root), subdir, bare, notes)


def _display_name(root: Path) -> str:
    place = root.parent if root.name == ".git" else root
    return place.name.removesuffix(".git") or "repository"


def _check_commit(root: Path, commit: str) -> tuple[str, ...]:
    """Refuse what cannot be exported from the commit; name what is left out."""
    entries = list_commit(root, commit)
    _refuse_lfs(lfs_pointers(root, entries))
    modules = [entry.path for entry in entries if entry.mode == GITLINK]
    if not modules:
        return ()
    return (f"Submodules are not part of the base: {_some(modules)}",)


def _refuse_lfs(pointers: list[str]) -> None:
    if pointers:
        raise UsageError(
            f"Files are kept in Git LFS, which cannot be read here: {_some(pointers)}",
            "Use a copy of the repository that holds the files themselves (git lfs migrate export)",
        )


def _check_clean(root: Path, *, refuse: bool) -> tuple[str, ...]:
    """What of the work tree is in no commit. Raises UsageError for changes when told to `refuse`."""
    environment = hardened_environment(config=without_filters(root))
    command = ["status", "--porcelain=v1", "-z", "--no-renames"]
    command += ["--ignore-submodules=all", "--untracked-files=normal"]
    lines = run_git(command, cwd=root, environment=environment).decode("utf-8", "replace").split("\0")
    entries = [(line[:2], line[3:]) for line in lines if line]
    changed = [path for code, path in entries if code != "??"]
    cause = f"The work tree has uncommitted changes: {_some(changed)}"
    if changed and refuse:
        raise UsageError(cause, "Commit or stash them first")
    if changed:
        return (cause,)
    untracked = [path for code, path in entries if code == "??" and not path.startswith(f"{_OWN_FOLDER}/")]
    return (f"Untracked files are not part of the base: {_some(untracked)}",) if untracked else ()


def _some(paths: list[str]) -> str:
    shown = ", ".join(path if path.isprintable() else ascii(path) for path in paths[:_SHOWN])
    return shown + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")


def fetch_source(url: str, revision: str = "HEAD", *, cache: Path | None = None) -> Source:
    """`revision` (a branch, a tag or a full hash) of the repository at `url`, one commit deep.

    It comes into a bare repository in `cache`, the same one each time. That is made and
    fetched into instead of cloned: nothing is checked out, no template is copied, and
    branches made there earlier stay. Raises UsageError.
    """
    name = name_of(url)
    parent = cache or Path.home() / ".cache" / "hotloop" / "repos"
    folder = parent / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:12]}.git"
    folder.mkdir(parents=True, exist_ok=True)
    run_git(["init", "--quiet", "--bare", "--template=", "."], cwd=folder)
    fetch = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--depth=1", "--", url, revision]
    try:
        run_git(fetch, cwd=folder, environment=hardened_environment(network=True), seconds=_FETCH_SECONDS)
    except GitFailed as failure:
        what = "" if revision == "HEAD" else f"{revision} of "
        raise UsageError(
            f"{what}{without_secrets(url)} cannot be fetched: {without_secrets(failure.words)}",
            "Check the URL, your access to it and the network",
        ) from None  # git's own words may hold the URL's password
    commit = run_git(["rev-parse", "--verify", "FETCH_HEAD^{commit}"], cwd=folder).decode().strip()
    if revision == "HEAD":
        run_git(["update-ref", "refs/hotloop/base", commit], cwd=folder)
    return Source(folder, folder, commit, name, bare=True, notes=_check_commit(folder, commit))
