"""SWE-Perf's rows, of the dataset SWE-Perf/SWE-Perf, split "test".

Columns as chosen in `data_collection/harness/upload_to_huggingface.py` of
github.com/SWE-Perf/SWE-Perf at 9e8fed2, images as in its `evaluation/run_evaluation.py`.
Times of theirs (`duration_changes`) are kept, and decide nothing here.
"""

from __future__ import annotations

from typing import Any

from hotloop.repos.instances.columns import github, rest, text, texts

_NEEDED = ("instance_id", "repo", "base_commit", "patch")
_OPTIONAL = ("test_patch", "version", "created_at")
_IMAGES = "docker.io/betty1202/sweb.eval.x86_64."
_STATEMENT = "problem_statement_realistic"


def from_sweperf(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of an instance; the expert is the pull request's last commit. Raises ValueError."""
    used = (*_NEEDED, *_OPTIONAL, "head_commit", "efficiency_test", _STATEMENT)
    return {
        **{name: text(row, name) for name in _NEEDED},
        **{name: text(row, name, "") for name in _OPTIONAL},
        "source": github(text(row, "repo")),
        "expert": {"kind": "commit", "commit": text(row, "head_commit")},
        "efficiency_test": texts(row, "efficiency_test"),
        "image_name": (_IMAGES + text(row, "instance_id").replace("__", "_s_")).lower(),
        "problem_statement": text(row, _STATEMENT, ""),
        "extra": rest(row, used),
    }
