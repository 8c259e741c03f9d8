from __future__ import annotations

from pathlib import Path

import pytest

from hotloop.errors import UsageError
from hotloop.repos.workload_file import check_workload


@pytest.mark.parametrize(
    "text", ["def workload(state): ...\n", "import x\n", "x = '\\d'\n", "# -*- coding: latin-1 -*-\nx = 1\n"]
)
def test_a_program_passes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "w.py"
    path.write_text(text)
    assert check_workload(path) == text


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", '"""Only a docstring."""\n', "pass\n"])
def test_an_empty_workload_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "w.py"
    path.write_text(text)
    with pytest.raises(UsageError, match="is empty"):
        check_workload(path)


@pytest.mark.parametrize("content", [b"x = 1\ndef f(:\n", b"\0", b"\xff\xfe", b"(" * 5000])
def test_what_is_not_python_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.py"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is not Python") as refused:
        check_workload(path)
    assert "\n" not in str(refused.value)


def test_the_line_of_the_error_is_named(tmp_path: Path) -> None:
    path = tmp_path / "w.py"
    path.write_text("x = 1\ndef f(:\n")
    with pytest.raises(UsageError, match="line 2"):
        check_workload(path)


def test_a_missing_workload_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such workload"):
        check_workload(tmp_path / "none.py")
