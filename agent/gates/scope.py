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
    "tests": ("tests/*", "test/*", "*/tests/*", "*/test/*", "testing/*", "*/testing/*", "test_*.py", "*/test_*.py", "*_test.py"),
    "test configuration": ("conftest.py", "*/conftest.py", "pytest.ini", "tox.ini", "noxfile.py", "*/pytest.ini"),
    "start-up hooks": ("sitecustomize.py", "*/sitecustomize.py", "usercustomize.py", "*/usercustomize.py", "*.pth"),
    "build configuration": ("setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "*/setup.py", "*/setup.cfg", "*/pyproject.toml"),
    "the task": ("hotloop.toml", "*/hotloop.toml"),
    "continuous integration": (".github/*", ".gitlab-ci.yml", ".ci/*", ".circleci/*"),
    "benchmarks": ("benchmarks/*", "*/benchmarks/*", "asv.conf.json"),
    "git's own files": (".git*", "*/.git*"),
}  # fmt: skip

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


def scope_of(settings: Settings, workload: PurePosixPath) -> Callable[[str], str | None]:
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
        kind = next((kind for kind, patterns in PROTECTED.items() if _matches(path, patterns)), None)
        if kind is not None:
            return f"belongs to {kind}"
        if settings.allow:
            return "is not among the files the task allows"
        return None if pure.suffix in {".py", ".pyx", ".pxd"} else "is not Python source"

    return refusal


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
