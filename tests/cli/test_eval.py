"""hotloop eval, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hotloop.cli.main import main

COMPARED = {"confidence": 0.98, "margin": 1.02, "metric": "cpu"}
RESULT = {
    "schema_version": 1,
    "instance_id": "a",
    "model": "m",
    "outcome": "rejected",
    "gate": "tests",
    "applied": True,
    "expert_base": {"ratio": 4.0, "low": 3.9, "high": 4.1, **COMPARED},
}
GSO = {
    "instance_id": "o__n-1",
    "repo": "o/n",
    "base_commit": "0123456^",
    "opt_commit": "0123456",
    "tests": ["print()"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    manifest = {"schema_version": 1, "dataset": "own", "dataset_sha256": "0" * 64, "instances": ["a", "b"]}
    (tmp_path / "evaluation.json").write_text(json.dumps(manifest))
    (tmp_path / "results.jsonl").write_text(json.dumps(RESULT) + "\n" + '{"instance_id"')
    return tmp_path


def test_a_report_is_one_object_on_stdout(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "report", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    values = {one["name"]: one["value"] for one in found["models"][0]["figures"]}
    assert values["swefficiency"] == 0.25
    assert values["pass_at_1"] == 0.0
    assert values["cost_per_speedup"] is None
    assert found["missing"] == [{"model": "m", "instances": ["b"]}]


def test_a_report_is_a_page_on_a_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "report", str(folder)]) == 0
    out = capsys.readouterr().out
    for words in (
        "own",
        "SWE-fficiency",
        "Against the expert's patch",
        "1 lost (1 rejected)",
        "Without any result",
    ):
        assert words in out


def test_a_folder_that_is_none_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "report", str(tmp_path / "none")]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert "holds no evaluation" in caught.err


def test_import_prints_instances_or_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "gso.jsonl", tmp_path / "out.jsonl"
    file.write_text(json.dumps(GSO) + "\n")
    assert main(["eval", "import", "--format", "gso", str(file)]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["instance_id"] == "o__n-1"
    assert printed.err == "1 instance\n"
    assert main(["eval", "import", "--format", "gso", str(file), "--out", str(out)]) == 0
    assert out.read_text() == printed.out
    assert capsys.readouterr().out == ""


def test_import_of_a_bad_row_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "gso.jsonl", tmp_path / "out.jsonl"
    file.write_text(json.dumps(GSO) + "\n" + json.dumps({**GSO, "tests": 3}) + "\n")
    assert main(["eval", "import", "--format", "gso", str(file), "--out", str(out)]) == 2
    assert "line 2 is no row of gso: tests is no list of texts" in capsys.readouterr().err
    assert not out.exists()


def test_import_wants_a_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "import", str(tmp_path)]) == 2
    assert "--format" in capsys.readouterr().err


def test_pages_are_written_beside_the_results(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "report", str(folder), "--html", "--json"]) == 0
    caught = capsys.readouterr()
    json.loads(caught.out)
    index = folder.resolve() / "report" / "index.html"
    assert caught.err.strip() == str(index)
    assert (index.parent / "instances" / "a.html").is_file()
