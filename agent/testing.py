"""Run the task's tests in a sandbox, always the same way."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.repos.suites import TestReport, Trace
from hotloop.sandboxes.base import Sandbox

if TYPE_CHECKING:
    from hotloop.agent.workshop import Workshop

HASH_SEED = 1


def run_suite(
    shop: Workshop,
    sandbox: Sandbox,
    *,
    select: Collection[str] | None = None,
    stop: bool = False,
    trace: Trace = None,
) -> TestReport:
    """Hash seed and import roots are those of every other run, so that reports can be compared."""
    return shop.suite.run(
        sandbox,
        cwd=sandbox.tree / shop.project,
        import_roots=[sandbox.tree / root for root in shop.roots],
        timeout=shop.settings.test_timeout,
        hash_seed=HASH_SEED,
        select=select,
        stop=stop,
        trace=trace,
    )


def run_in_copy(
    shop: Workshop,
    tree: Path,
    name: str,
    *,
    select: Collection[str] | None = None,
    stop: bool = False,
    trace: Trace = None,
) -> TestReport:
    """As `run_suite`, in a fresh sandbox around a copy of `tree`: tests leave things behind."""
    with shop.scratch_copy(tree, name) as copy, shop.sandbox(copy, writable=True) as sandbox:
        return run_suite(shop, sandbox, select=select, stop=stop, trace=trace)
