"""Scope: a patch touches only what it may. Costs nothing, so it comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.integrity.shadowing import Surroundings, folded
from hotloop.agent.settings import Settings
from hotloop.agent.state import GateResult
from hotloop.repos.diff import FileChange, parse_patch
from hotloop.repos.errors import PatchError

PROTECTED = {
    "tests": (
        *("tests/*", "test/*", "testing/*", "testsuite/*", "unittests/*", "test_*/*", "*_tests/*"),
        *("test_*.py", "*_test.py", "test.py", "tests.py"),
    ),
    "test configuration": (
        "conftest.py",
        "pytest.ini",
        ".pytest.ini",
        "tox.ini",
        "noxfile.py",
        ".coveragerc",
    ),
    "start-up hooks": ("sitecustomize.py", "sitecustomize/*", "usercustomize.py", "usercustomize/*", "*.pth"),
    "build configuration": (
        *("setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "CMakeLists.txt", "meson.build"),
        *(
            "versioneer.py",
            "hatch_build.py",
            "pdm_build.py",
            "*.egg-info/*",
            "*.dist-info/*",
            "__pycache__/*",
        ),
    ),
    "the dependencies": (
        *("requirements*.txt", "constraints*.txt", "environment.yml", "environment.yaml", "Pipfile"),
        "*.lock",
    ),
    "the task": ("hotloop.toml",),
    "continuous integration": (".github/*", ".gitlab-ci.yml", ".ci/*", ".circleci/*", ".travis.yml"),
    "benchmarks": ("benchmarks/*", "asv.conf.json"),
    "git's own files": (".git*",),
}
"""By what they are: patterns of paths that no patch may touch, in any folder and any case."""

SOURCES = frozenset({".py", ".pyx", ".pxd"})
COMPILED = frozenset({".so", ".pyd", ".dll", ".dylib", ".pyc", ".pyo", ".o", ".a"})
MAX_PATCH = 512 << 10
SHOWN = 5


class ScopeGate:
    """Refuses tests, configuration, workload and everything that is no source of the project."""

    name = "scope"

    def check(self, trial: Trial) -> GateResult:
        patch, shop = trial.candidate.patch, trial.workshop
        size = len(patch.encode("utf-8", "surrogatepass"))
        if size > MAX_PATCH:
            return failed(self.name, f"the patch has {size >> 10} KiB, more than {MAX_PATCH >> 10}")
        if not patch:
            return failed(self.name, "the patch changes nothing")
        try:
            changes = parse_patch(patch)
        except PatchError as error:
            return failed(self.name, str(error))
        around = Surroundings(
            shop.source_tree,
            roots=(shop.project, *shop.roots),
            imported_by=(shop.workload.source,),
            removed=frozenset(PurePosixPath(one.path) for one in changes if one.kind == "deleted"),
        )
        refusal = scope_of(shop.settings, shop.workload.path)
        reasons = list(_reasons(changes, refusal, around))
        if reasons:
            more = f"; and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else ""
            return failed(self.name, "; ".join(reasons[:SHOWN]) + more)
        files = [change.path for change in changes]
        return passed(self.name, f"{len(files)} file(s)", files=files)


def _reasons(
    changes: tuple[FileChange, ...], refusal: Callable[[str], str | None], around: Surroundings
) -> Iterator[str]:
    """For each file that may not be changed so, its path and why, in one line."""
    for change in changes:
        reason = refusal(change.path)
        if reason is None and change.kind == "added":
            reason = "is new and executable" if change.executable else None
            reason = reason or around.hidden_by(PurePosixPath(change.path))
        if reason is not None:
            yield f"{change.path}: {reason}"


def scope_of(settings: Settings, workload: PurePosixPath | None) -> Callable[[str], str | None]:
    """From a path relative to the tree to why it may not be changed, or None."""

    def refusal(path: str) -> str | None:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts:
            return "lies outside the tree"
        if workload is not None and folded(str(pure)) == folded(str(workload)):
            return "is the workload"
        if _matches(path, settings.protect):
            return "is protected by the task"
        if _matches(path, settings.allow):
            return None
        return _refused_by_default(pure, allowed_elsewhere=bool(settings.allow))

    return refusal


def _refused_by_default(path: PurePosixPath, *, allowed_elsewhere: bool) -> str | None:
    tails = [folded(str(PurePosixPath(*path.parts[depth:]))) for depth in range(len(path.parts))]
    for kind, patterns in PROTECTED.items():
        plain = tuple(map(folded, patterns))
        if any(_matches(tail, plain) for tail in tails):
            return f"belongs to {kind}"
    if allowed_elsewhere:
        return "is not among the files the task allows"
    if path.suffix in SOURCES:
        return None
    compiled = path.suffix.casefold() in COMPILED
    return "is compiled: only what can be read is accepted" if compiled else "is not Python source"


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
