"""What can be said of a workload file without running it."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from hotloop.errors import UsageError

_LARGEST = 4 << 20  # bytes


def check_workload(path: Path) -> str:
    """The workload's source. Raises UsageError when there is none to run.

    Only emptiness and syntax (that of Hotloop's own Python) are looked at;
    what it defines, and whether it runs, is for the runner to find out.
    """
    if not path.is_file():
        raise UsageError(f"No such workload: {path}", "Name a Python file with --workload")
    content = path.read_bytes()
    if len(content) > _LARGEST:
        raise UsageError(f"The workload {path} is larger than 4 MiB", "Keep its data in another file")
    try:
        with warnings.catch_warnings(action="ignore"):  # the target's own affair
            module = ast.parse(content, filename=str(path))
    except (SyntaxError, ValueError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        words = error.msg if isinstance(error, SyntaxError) else str(error)
        raise UsageError(f"The workload {path}{line} is not Python: {words}", "Correct it") from error
    if not any(_does_something(statement) for statement in module.body):
        raise UsageError(
            f"The workload {path} is empty", "Write workload(state) and, if it needs input, setup(seed)"
        )
    return content.decode("utf-8", "replace")


def _does_something(statement: ast.stmt) -> bool:
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return not (is_text or isinstance(statement, ast.Pass))
