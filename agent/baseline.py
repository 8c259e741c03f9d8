"""What is known of base before anything is changed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from hotloop.profilers.verdict import NoiseFloor
from hotloop.repos.suites import TestReport


class Baseline(BaseModel):
    """Tests (run twice, so that flaky ones show), the workload's character, the noise floor.

    varies: different seeds give different outputs. hash_proof: outputs do not
    depend on the hash seed. nothing: the workload returns nothing to compare.
    """

    model_config = ConfigDict(frozen=True)

    tests: tuple[TestReport, ...]
    noise: NoiseFloor
    varies: bool
    hash_proof: bool
    nothing: bool
    uncompared: tuple[str, ...]
    notes: tuple[str, ...] = ()
