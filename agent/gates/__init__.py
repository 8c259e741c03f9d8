"""What a candidate must pass, cheapest first; `speed` comes last, one candidate at a time."""

from __future__ import annotations

from hotloop.agent.gates.base import Gate
from hotloop.agent.gates.build import BuildGate
from hotloop.agent.gates.effects import EffectsGate
from hotloop.agent.gates.equivalence import EquivalenceGate
from hotloop.agent.gates.generated import GeneratedGate
from hotloop.agent.gates.integrity import IntegrityGate
from hotloop.agent.gates.reach import ReachGate
from hotloop.agent.gates.replay import ReplayGate
from hotloop.agent.gates.scope import ScopeGate
from hotloop.agent.gates.tests import TestsGate

GATES: tuple[Gate, ...] = (
    ScopeGate(),
    IntegrityGate(),
    BuildGate(),
    ReachGate(),
    EquivalenceGate(),
    TestsGate(),
    ReplayGate(),
    EffectsGate(),
    GeneratedGate(),
)
