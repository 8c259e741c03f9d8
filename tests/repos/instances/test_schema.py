"""What an instance is, and how a dataset that holds something else is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hotloop.errors import UsageError
from hotloop.repos.instances import dump_instances, read_instances

GIT: dict[str, Any] = {
    "schema_version": 1,
    "instance_id": "owner__name-12",
    "repo": "owner/name",
    "source": {"kind": "git", "url": "/srv/repositories/name"},
    "expert": {"kind": "patch"},
    "base_commit": "0123456789abcdef0123456789abcdef01234567",
    "patch": "diff --git a/x b/x\n",
    "workload": "def workload():\n    pass\n",
}
PYPI: dict[str, Any] = {
    "schema_version": 1,
    "instance_id": "emoji-demojize",
    "repo": "emoji",
    "source": {"kind": "pypi", "package": "emoji", "version": "1.6.1"},
    "expert": {"kind": "pypi", "version": "1.6.3"},
    "workload": "def workload():\n    pass\n",
}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_both_sources_are_read_and_written_back_the_same(tmp_path: Path) -> None:
    found = read_instances(write(tmp_path / "d.jsonl", GIT, PYPI))
    assert [one.source.kind for one in found] == ["git", "pypi"]
    assert [one.expert.kind for one in found] == ["patch", "pypi"]
    (tmp_path / "again.jsonl").write_text(dump_instances(found))
    assert read_instances(tmp_path / "again.jsonl") == found
    assert [json.loads(line) for line in dump_instances(found).splitlines()] == [GIT, PYPI]


@pytest.mark.parametrize(
    ("row", "change", "words"),
    [
        (GIT, {"schema_version": None}, "schema_version: Input should be 1"),
        (GIT, {"schema_version": 2}, "schema_version: Input should be 1"),
        (GIT, {"wrkload": "x"}, "wrkload: Extra inputs are not permitted"),
        (GIT, {"instance_id": "../x"}, "instance_id: String should match pattern"),
        (GIT, {"instance_id": "a/b"}, "instance_id: String should match pattern"),
        (GIT, {"base_commit": "main"}, "base_commit: String should match pattern"),
        (GIT, {"base_commit": None}, "a git source has a base_commit"),
        (PYPI, {"base_commit": "0123456"}, "a pypi source has none"),
        (GIT, {"workload": ""}, "one of workload, tests and efficiency_test is timed, not none"),
        (GIT, {"tests": ["x"]}, "is timed, not workload and tests"),
        (GIT, {"patch": " \n"}, "the expert is the patch, and the patch is empty"),
        (GIT, {"expert": {"kind": "pypi", "version": "2.0"}}, "a release can be the expert of a pypi source"),
        (PYPI, {"expert": {"kind": "commit", "commit": "0123456"}}, "the expert of a git source only"),
        (GIT, {"expert": {"kind": "person"}}, "expert: Input tag 'person'"),
        (GIT, {"source": {"kind": "git", "url": "x", "branch": "y"}}, "source.git.branch: Extra inputs"),
        (
            PYPI,
            {"source": {"kind": "pypi", "package": "-r x", "version": "1"}},
            "source.pypi.package: String",
        ),
        (GIT, {"speedup": 0}, "speedup: Input should be greater than 0"),
        (GIT, {"speedup": "2"}, "speedup: Input should be a valid number"),
        (GIT, {"PASS_TO_PASS": "[]"}, "PASS_TO_PASS: Input should be a valid"),
    ],
)
def test_what_is_no_instance_is_refused_with_its_line_and_field(
    tmp_path: Path, row: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    file = write(tmp_path / "d.jsonl", {**row, "instance_id": "fine"}, {**row, **change})
    with pytest.raises(UsageError) as caught:
        read_instances(file)
    assert str(caught.value).startswith(f"{file}, line 2")
    assert words in str(caught.value)


def test_ids_that_differ_in_case_alone_are_one(tmp_path: Path) -> None:
    file = write(tmp_path / "d.jsonl", GIT, {**GIT, "instance_id": "Owner__Name-12"})
    with pytest.raises(
        UsageError, match=r"line 2 is the second instance named 'Owner__Name-12', after .*line 1"
    ):
        read_instances(file)


def test_a_dataset_without_instances_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no instance"):
        read_instances(write(tmp_path / "d.jsonl"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "holds no JSON object"),
        (b'{"speedup": NaN}', "NaN is no number in JSON"),
        (b'{"speedup": 1e999}', "1e999 is too large a number"),
        (b'{"speedup": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b'{"instance_id": "\\ud800"}', "Invalid JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_object_is_refused(tmp_path: Path, line: bytes, words: str) -> None:
    (tmp_path / "d.jsonl").write_bytes(b"\n" + line + b"\n")
    with pytest.raises(UsageError, match="line 2") as caught:
        read_instances(tmp_path / "d.jsonl")
    assert words in str(caught.value)


def test_a_message_shows_some_of_many_faults(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="and 1 more"):
        read_instances(write(tmp_path / "d.jsonl", {"schema_version": 1}, {}))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_instances(tmp_path / "none.jsonl")


def test_what_a_file_holds_cannot_act_in_a_message(tmp_path: Path) -> None:
    row = {**GIT, "\x1b[2J\n" * 1000: 1, "source": {"kind": "\x1b[2J"}}
    with pytest.raises(UsageError) as caught:
        read_instances(write(tmp_path / "d.jsonl", row))
    text = str(caught.value).removeprefix(str(tmp_path))
    assert text.isprintable()
    assert len(text) < 1000
