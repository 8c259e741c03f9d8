"""Run the task's tests in a sandbox, always the same way."""

from __future__ import annotations

from hotloop.agent.workshop import Workshop
from hotloop.repos.suites import TestReport
from hotloop.sandboxes.base import Sandbox

HASH_SEED = 1


def run_suite(shop: Workshop, sandbox: Sandbox) -> TestReport:
    """Hash seed and import roots are those of every other run, so that reports can be compared."""
    return shop.suite.run(
        sandbox,
        cwd=sandbox.tree / shop.project,
        import_roots=[sandbox.tree / root for root in shop.roots],
        timeout=shop.settings.test_timeout,
        hash_seed=HASH_SEED,
    )
