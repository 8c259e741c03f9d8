"""Find how a project's tests are run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_TEST_FILE = re.compile(r"^(?:test_.*|.*_test|tests?)\.py$")
_A_TEST = re.compile(rb"^\s*(?:async\s+)?def test|^class \w*(?:Test|TestCase)\b|\bTestCase\)", re.MULTILINE)
_CONFIGURED = {
    "pytest.ini": b"[pytest]",
    ".pytest.ini": b"[pytest]",
    "pyproject.toml": b"[tool.pytest",
    "tox.ini": b"[pytest]",
    "setup.cfg": b"[tool:pytest]",
}
_PYTHON_FILES = re.compile(
    r"^\s*python_files\s*=((?:[^\n\[]*\[[^\]]*\])|(?:[^\n]*(?:\n[ \t]+\S[^\n]*)*))", re.M
)
_FOLDERS = ("tests", "test")
_NOT_LOOKED_IN = frozenset({"node_modules", "venv", "env", "build", "dist", "__pycache__"})
_LARGEST = 4 << 20  # bytes of a file looked into
_MOST = 5000  # files


def discover_tests(project: Path) -> str | None:
    """A test command for the project, None when it has no tests.

    pytest runs unittest's tests too, so it is always pytest: with no argument
    where it is configured, else on the folder that holds the tests.
    """
    if not any(_holds_tests(path) for path in _test_files(project)):
        return None
    if any(_mentions(project / name, section) for name, section in _CONFIGURED.items()):
        return "pytest"
    for folder in _FOLDERS:
        if any(_holds_tests(path) for path in _test_files(project / folder)):
            return _command(project, folder)
    return "pytest"


def collected_names(project: Path) -> tuple[str, ...]:
    """Patterns of the names of files that pytest or unittest would collect as tests.

    pytest's and unittest's own, and what `python_files` says in a configuration file. A
    pattern that takes every Python file is left out: by it a source is no test.
    """
    found = ["test*.py", "*_test.py"]
    for name in _CONFIGURED:
        if _mentions(project / name, b"python_files"):
            text = (project / name).read_text("utf-8", "replace")
            for match in _PYTHON_FILES.finditer(text):
                found += re.findall(r"[^\s\[\]'\",=]+", match[1])
    return tuple(name for name in dict.fromkeys(found) if name not in {"*.py", "*"})


def _command(project: Path, folder: str) -> str:
    """unittest's name for files is test*.py, which `tests.py` and `testing.py` match but pytest's do not."""
    usual = any(
        path.name.startswith("test_") or path.stem.endswith("_test") for path in _test_files(project / folder)
    )
    return f"pytest {folder}" if usual else f"pytest -o 'python_files=test*.py' {folder}"


def _test_files(folder: Path) -> Iterator[Path]:
    found = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name not in _NOT_LOOKED_IN and not name.startswith(".")
        )
        for name in sorted(names):
            if _TEST_FILE.match(name) and found < _MOST:
                found += 1
                yield Path(place) / name


def _holds_tests(path: Path) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
        return False
    return _A_TEST.search(path.read_bytes()) is not None


def _mentions(path: Path, section: bytes) -> bool:
    return path.is_file() and path.stat().st_size <= _LARGEST and section in path.read_bytes()
