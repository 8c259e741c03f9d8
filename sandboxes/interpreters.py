"""Which Python the target runs on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hotloop.errors import UsageError

OLDEST = (3, 9)
VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
FACTS = """
import importlib.util, json, sys, sysconfig
find = importlib.util.find_spec
print(json.dumps({"version": sys.version_info[:2], "build": sys.version,
                  "hotloop": find("hotloop") is not None, "pytest": find("pytest") is not None,
                  "site": sysconfig.get_path("purelib")}))
"""


@dataclass(frozen=True)
class Interpreter:
    """version: e.g. (3, 11). hotloop, pytest: whether it can import them. site: where packages go."""

    path: str
    version: tuple[int, int]
    build: str
    hotloop: bool
    pytest: bool
    site: str

    @property
    def identity(self) -> str:
        return f"{self.path} {self.build}"


def parse_facts(path: str, text: str) -> Interpreter:
    """What `FACTS` printed. Raises UsageError for a Python that our runner cannot run on."""
    facts = json.loads(text)
    version = (int(facts["version"][0]), int(facts["version"][1]))
    if version < OLDEST:
        raise UsageError(
            f"{path} is Python {version[0]}.{version[1]}", "Use Python 3.9 or later for the target"
        )
    return Interpreter(
        path,
        version,
        str(facts["build"]),
        bool(facts["hotloop"]),
        bool(facts["pytest"]),
        str(facts["site"]),
    )


def is_version(python: str) -> bool:
    return VERSION.fullmatch(python) is not None


def resolve(python: str | None) -> str:
    """Path of the interpreter for `EnvironmentSpec.python`. Raises UsageError when there is none."""
    if python is None:
        return str(getattr(sys, "_base_executable", sys.executable))
    found = _by_version(python) if is_version(python) else shutil.which(str(Path(python).expanduser()))
    if found is None:
        known = is_version(python)
        what = f"Python {python} is not on PATH or under pyenv" if known else f"no interpreter at {python}"
        raise UsageError(what, "Install it, or name another with --python")
    return str(Path(found).absolute())


def _by_version(version: str) -> str | None:
    minor = ".".join(version.split(".")[:2])
    on_path = shutil.which(f"python{minor}")
    if on_path and version == minor and _runs(on_path):
        return on_path
    return _under_pyenv(version, minor)


def _runs(path: str) -> bool:
    """A pyenv shim exists for versions that are installed and not selected: it fails when called."""
    return subprocess.run([path, "-I", "-c", ""], capture_output=True, check=False).returncode == 0


def _under_pyenv(version: str, minor: str) -> str | None:
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    exact = [versions / version] if version != minor else []
    others = sorted(versions.glob(f"{minor}.*"), key=_patch_number, reverse=True) if version == minor else []
    for folder in exact + others:
        if (folder / "bin" / f"python{minor}").exists():
            return str(folder / "bin" / f"python{minor}")
    return None


def _patch_number(folder: Path) -> int:
    number = folder.name.rpartition(".")[2]
    return int(number) if number.isdigit() else -1


def inspect(path: str) -> Interpreter:
    """Ask the interpreter itself. Raises UsageError when it does not run."""
    try:
        done = subprocess.run(
            [path, "-I", "-c", FACTS], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(
            f"{path} does not run: {error}", "Name a working interpreter with --python"
        ) from error
    return parse_facts(path, done.stdout)
