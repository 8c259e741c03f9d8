"""Scope: a patch touches only what it may. Costs nothing, so it comes first."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.settings import Settings
from hotloop.agent.state import GateResult
from hotloop.repos.patch import PatchError, touched_files

PROTECTED = {
    "tests": ("tests/*", "test/*", "testing/*", "test_*.py", "*_test.py", "test.py", "tests.py"),
    "test configuration": ("conftest.py", "pytest.ini", "tox.ini", "noxfile.py"),
    "start-up hooks": ("sitecustomize.py", "usercustomize.py", "*.pth"),
    "build configuration": ("setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in"),
    "the task": ("hotloop.toml",),
    "continuous integration": (".github/*", ".gitlab-ci.yml", ".ci/*", ".circleci/*"),
    "benchmarks": ("benchmarks/*", "asv.conf.json"),
    "git's own files": (".git*",),
}
"""By what they are: patterns of paths that no patch may touch, in any folder."""

SOURCES = frozenset({".py", ".pyx", ".pxd"})
MAX_PATCH = 512 << 10


class ScopeGate:
    """Refuses tests, configuration, workload and everything that is no source of the project."""

    name = "scope"

    def check(self, trial: Trial) -> GateResult:
        patch = trial.candidate.patch
        if len(patch) > MAX_PATCH:
            return failed(self.name, f"the patch has {len(patch) >> 10} KiB, more than {MAX_PATCH >> 10}")
        try:
            files = touched_files(patch)
        except PatchError as error:
            return failed(self.name, str(error))
        if not files:
            return failed(self.name, "the patch changes nothing")
        refusal = scope_of(trial.workshop.settings, trial.workshop.workload.path)
        reasons = [f"{path}: {reason}" for path in files if (reason := refusal(path)) is not None]
        if reasons:
            return failed(self.name, "; ".join(reasons[:5]))
        return passed(self.name, f"{len(files)} file(s)", files=files)


def scope_of(settings: Settings, workload: PurePosixPath | None) -> Callable[[str], str | None]:
    """From a path relative to the tree to why it may not be changed, or None."""

    def refusal(path: str) -> str | None:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts:
            return "lies outside the tree"
        if pure == workload:
            return "is the workload"
        if _matches(path, settings.protect):
            return "is protected by the task"
        if _matches(path, settings.allow):
            return None
        return _refused_by_default(pure, allowed_elsewhere=bool(settings.allow))

    return refusal


def _refused_by_default(path: PurePosixPath, *, allowed_elsewhere: bool) -> str | None:
    for kind, patterns in PROTECTED.items():
        if any(
            _matches(str(PurePosixPath(*path.parts[depth:])), patterns) for depth in range(len(path.parts))
        ):
            return f"belongs to {kind}"
    if allowed_elsewhere:
        return "is not among the files the task allows"
    return None if path.suffix in SOURCES else "is not Python source"


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
