from __future__ import annotations

from collections.abc import Callable

import pytest

from hotloop.agent.gates.base import Gate, Trial
from hotloop.agent.gates.equivalence import EquivalenceGate
from hotloop.agent.gates.replay import ReplayGate
from hotloop.profilers.workload import ForeignCode

MakeTrial = Callable[..., Trial]

BASE = "def total(items):\n    return sum(items)\n"
ELSEWHERE = """\
import os
import tempfile

import pkg

_folder = tempfile.mkdtemp()
with open(os.path.join(_folder, "fast.py"), "w") as _file:
    _file.write("total = sum")
pkg.__path__.append(_folder)

def total(items):
    from pkg import fast
    return fast.total(items)
"""
WORDS = "module pkg.fast was loaded from "


@pytest.mark.parametrize("gate", [EquivalenceGate(), ReplayGate()], ids=lambda gate: gate.name)
def test_code_from_outside_its_tree_is_the_candidates_failure(trial_of: MakeTrial, gate: Gate) -> None:
    result = gate.check(trial_of(BASE, ELSEWHERE))

    assert not result.passed
    assert WORDS in result.detail
    assert "outside the tree under test" in result.detail


def test_code_from_outside_the_base_tree_is_the_environments_failure(trial_of: MakeTrial) -> None:
    with pytest.raises(ForeignCode, match=WORDS):
        EquivalenceGate().check(trial_of(ELSEWHERE, BASE))
