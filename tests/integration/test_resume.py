"""A run killed with SIGKILL and resumed ends as one that was left alone, and pays for no reply twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from killing import CODER, JUDGE, NO_RUN, Endpoint, KilledRun, Outcome, make_repository

pytestmark = pytest.mark.timeout(1200)  # every run waits while another one on the machine measures


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "tally")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    with endpoint.server:
        yield endpoint


@pytest.fixture
def whole(repository: Path, tmp_path: Path) -> Outcome:
    """How a run ends that nobody kills."""
    endpoint = Endpoint()
    with endpoint.server:
        outcome = Outcome.of(KilledRun(repository, tmp_path / "whole", endpoint).finished())
    assert outcome.status == "improved"
    assert endpoint.requests == {CODER: 1, JUDGE: 1}
    return outcome


def test_a_run_killed_in_four_stages_ends_as_one_left_alone(
    repository: Path, whole: Outcome, endpoint: Endpoint, tmp_path: Path
) -> None:
    run = KilledRun(repository, tmp_path / "killed", endpoint, branch="faster")
    # The profiler alone takes longer: no request can be under way before that.
    moment = random.uniform(0.0, 4.0)
    assert run.killed_when(lambda seconds: seconds >= moment)
    for who in (CODER, JUDGE):
        endpoint.hold(who)
        assert run.killed_when(lambda seconds: endpoint.arrived.is_set())
        endpoint.release()
        assert run.kills[-1].lost == {who}
    assert run.killed_when(lambda seconds: (repository / ".git/refs/heads/faster").exists())
    assert run.kills[-1].recorded == {CODER, JUDGE}

    record = run.finished()

    assert run.faults(whole, record) == [], run.kills
    assert endpoint.requests == {CODER: 2, JUDGE: 2}
    assert record.result.cost.turns == 4
    assert "branch faster holds the patch" in record.notes


def test_resuming_a_run_killed_before_its_plan_is_refused(
    repository: Path, endpoint: Endpoint, tmp_path: Path
) -> None:
    tries = [KilledRun(repository, tmp_path / str(number), endpoint) for number in range(10)]
    run = next(run for run in tries if killed_before_its_plan(run))
    refusal = run.refusal()
    assert refusal is not None
    assert refusal.startswith("2 error: ")
    assert endpoint.requests.total() == 0


def killed_before_its_plan(run: KilledRun) -> bool:
    """The plan follows the folder within milliseconds: the kill may come too late."""
    assert run.killed_when(lambda seconds: any(path.is_dir() for path in run.out.iterdir()))
    return run.kills[-1].last == NO_RUN
