from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

import sandboxes
from hotloop.sandboxes import overlay


def test_ratios_are_to_what_is_compared_with_and_absent_where_it_was_not_measured() -> None:
    found = sandboxes.rows(
        {
            (sandboxes.TREE, "overlay"): (0.002, 3),
            (sandboxes.COMMAND, "docker exec"): (0.1, 3),
            (sandboxes.COMMAND, "local"): (0.05, 3),
        }
    )
    assert [(row.what, row.by, row.ms, row.ratio) for row in found] == [
        ("`true`", "docker exec", 100.0, 1.0),
        ("`true`", "local", 50.0, 0.5),
        ("candidate tree", "overlay", 2.0, None),
    ]
    assert "| `true` | local | 50.0 | 0.500 | docker exec |" in sandboxes.table(found).splitlines()


def test_every_operation_is_timed_on_a_backend_and_nothing_stays_mounted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert sandboxes.main(["--backends=local", "--rounds=1", "--files=50", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    started_ahead = {sandboxes.POOLED, sandboxes.POOLED_START}  # containers are, and nothing in local
    assert {row["what"] for row in found} == set(sandboxes.REFERENCES) - started_ahead
    assert all(row["ms"] > 0 and row["rounds"] == 1 for row in found)
    assert not overlay.release(tmp_path)
    assert list(tmp_path.iterdir()) == []
