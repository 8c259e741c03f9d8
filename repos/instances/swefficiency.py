"""SWE-fficiency's rows, of the dataset swefficiency/swefficiency, split "test".

Columns as written by `scripts/annotate/curate/upload_to_huggingface.py` of
github.com/swefficiency/swefficiency at fa356b7 and declared in `harness/constants.py` of its
release 1.0.0.
"""

from __future__ import annotations

from typing import Any

from hotloop.repos.instances.columns import github, rest, text, texts

_TEXTS = ("PASS_TO_PASS", "FAIL_TO_PASS", "covering_tests", "single_thread_tests")
_NEEDED = ("instance_id", "repo", "base_commit", "patch", "workload")
_OPTIONAL = (
    *("test_patch", "test_cmd", "rebuild_cmd", "version", "created_at", "environment_setup_commit"),
    *("problem_statement", "hints_text", "notes"),
)


def from_swefficiency(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of an instance. Raises ValueError."""
    return {
        **{name: text(row, name) for name in _NEEDED},
        **{name: text(row, name, "") for name in _OPTIONAL},
        **{name: texts(row, name) for name in _TEXTS},
        "source": github(text(row, "repo")),
        "expert": {"kind": "patch"},
        "image_name": text(row, "image_name", "") or None,
        "speedup": _speedup(row.get("speedup")),
        "extra": rest(row, (*_NEEDED, *_OPTIONAL, *_TEXTS, "image_name", "speedup")),
    }


def _speedup(value: object) -> float | None:
    """Rows whose speedup was not filled in hold 0."""
    if value is None or value == 0:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("speedup is no number")
    return float(value)
