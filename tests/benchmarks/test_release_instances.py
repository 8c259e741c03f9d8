"""The dataset that ships is what the benchmark's tasks say, and fit to be read."""

from __future__ import annotations

import ast

from release_instances import DATASET, TESTS, instances

from hotloop.repos.instances import dump_instances, read_instances


def test_the_shipped_file_is_as_it_would_be_written() -> None:
    assert DATASET.read_text("utf-8") == dump_instances(instances())


def test_it_holds_releases_of_many_packages_against_later_ones() -> None:
    found = read_instances(DATASET)
    assert len(found) >= 20
    assert len({one.repo for one in found}) >= 10
    assert {(one.source.kind, one.expert.kind) for one in found} == {("pypi", "pypi")}


def test_each_workload_is_a_file_with_a_workload() -> None:
    for one in read_instances(DATASET):
        defined = {node.name for node in ast.parse(one.workload).body if isinstance(node, ast.FunctionDef)}
        assert "workload" in defined, one.instance_id


def test_tests_are_named_for_bases_that_it_has() -> None:
    found = read_instances(DATASET)
    bases = {(one.repo, one.source.version) for one in found if one.source.kind == "pypi"}
    assert TESTS.keys() <= bases


def test_nothing_claims_that_an_expert_was_measured() -> None:
    assert all(one.speedup is None for one in read_instances(DATASET))
