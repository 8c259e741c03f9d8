"""Evaluations on disk, in few words."""

from __future__ import annotations

import json
from pathlib import Path

from hotloop.agent.evaluation.folder import append_result
from hotloop.agent.evaluation.result import Result


def make_folder(
    path: Path, *results: Result, instances: tuple[str, ...] = (), sha256: str = "0" * 64, cpu: str = "a"
) -> Path:
    """A folder of one dataset that holds these results, and names their instances and more."""
    path.mkdir()
    names = dict.fromkeys((*(one.instance_id for one in results), *instances))
    manifest = {
        "schema_version": 1,
        "dataset": "own",
        "dataset_sha256": sha256,
        "instances": list(names),
        "machine": {"cpu": cpu},
        "versions": {"hotloop": "0.1.0"},
    }
    (path / "evaluation.json").write_text(json.dumps(manifest))
    for one in results:
        append_result(path, one)
    return path
