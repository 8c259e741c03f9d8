"""Test suites of the repository: understand the command, run it, compare what it said."""

from __future__ import annotations

from pathlib import Path

from hotloop.repos.suites.base import Suite, Trace
from hotloop.repos.suites.command import suite_for
from hotloop.repos.suites.compare import Comparison, compare, flaky_tests
from hotloop.repos.suites.discovery import collected_names, discover_tests
from hotloop.repos.suites.lines import workload_lines
from hotloop.repos.suites.report import TestOutcome, TestReport, Traced

REPORTERS: Path = Path(__file__).resolve().parent.parent / "reporters"
"""Folder of the scripts that a sandbox needs in `tools/reporters`."""

__all__ = [
    "REPORTERS",
    "Comparison",
    "Suite",
    "TestOutcome",
    "TestReport",
    "Trace",
    "Traced",
    "collected_names",
    "compare",
    "discover_tests",
    "flaky_tests",
    "suite_for",
    "workload_lines",
]
