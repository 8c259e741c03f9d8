from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hotloop.repos.suites import collected_names, discover_tests

FUNCTION = "def test_a(): pass\n"
CASE = "import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"tests/test_a.py": FUNCTION}, "pytest tests"),
        ({"test/a_test.py": FUNCTION}, "pytest test"),
        ({"tests/test_a.py": CASE}, "pytest tests"),
        ({"tests/tests.py": CASE}, "pytest -o 'python_files=test*.py' tests"),
        ({"tests/unit/test_a.py": "async def test_a(): pass\n"}, "pytest tests"),
        ({"pkg/tests/test_a.py": CASE}, "pytest"),
        ({"test_a.py": FUNCTION}, "pytest"),
        ({"tests/test_a.py": FUNCTION, "pyproject.toml": "[tool.pytest.ini_options]\n"}, "pytest"),
        ({"tests/test_a.py": FUNCTION, "setup.cfg": "[tool:pytest]\ntestpaths = tests\n"}, "pytest"),
        ({"tests/test_a.py": FUNCTION, "tox.ini": "[tox]\n"}, "pytest tests"),
        ({"a.py": "x = 1\n"}, None),
        ({"tests/__init__.py": "", "tests/test_data.py": "DATA = 1\n"}, None),
        ({"node_modules/x/test_a.py": FUNCTION, ".venv/test_b.py": FUNCTION}, None),
        ({"pytest.ini": "[pytest]\n"}, None),
    ],
)
def test_tests_are_found(folder: Callable[..., Path], files: dict[str, str], command: str | None) -> None:
    assert discover_tests(folder(files)) == command


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({}, ()),
        (
            {"pytest.ini": "[pytest]\npython_files = check_*.py\n    spec_*.py\naddopts = -q\n"},
            ("check_*.py", "spec_*.py"),
        ),
        ({"setup.cfg": "[tool:pytest]\npython_files=check_*.py other.py\n"}, ("check_*.py", "other.py")),
        (
            {"pyproject.toml": '[tool.pytest.ini_options]\npython_files = ["check_*.py", "a.py"]\n'},
            ("check_*.py", "a.py"),
        ),
        (
            {"pyproject.toml": '[tool.pytest.ini_options]\npython_files = [\n  "check_*.py",\n]\nx = 1\n'},
            ("check_*.py",),
        ),
        ({"pyproject.toml": '[tool.pytest.ini_options]\npython_files = "check_*.py"\n'}, ("check_*.py",)),
        ({"tox.ini": "[pytest]\npython_files = *.py\n"}, ()),
    ],
)
def test_names_of_collected_files_are_found(
    folder: Callable[..., Path], files: dict[str, str], names: tuple[str, ...]
) -> None:
    assert collected_names(folder(files)) == ("test*.py", "*_test.py", *names)
