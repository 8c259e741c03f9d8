"""measure: is it faster than the tree it started from? A quick paired verdict."""

from __future__ import annotations

from dataclasses import replace

from hotloop.agent.measuring import measure_settings
from hotloop.agent.prompts.quoting import quote
from hotloop.agent.prompts.words import verdict_words
from hotloop.agent.tools.base import Arguments, Misuse, Tool
from hotloop.agent.tools.workspace import Workspace
from hotloop.profilers.compare import compare
from hotloop.profilers.engines.base import SideFailure
from hotloop.profilers.verdict import Verdict

SECONDS = 6.0
"""Most seconds of measuring; the gates take longer, and other inputs."""


class Measure(Arguments):
    pass


def measure(place: Workspace, asked: Measure) -> str:
    """The verdict on the edits made so far, against the tree without them."""
    if not place.draft.edits:
        raise Misuse("Nothing is changed yet: there is nothing to measure. Use edit first.")
    lab, shop = place.lab, place.lab.shop
    trial = lab.built(place.draft.edits)
    usual = measure_settings(shop.settings, trial.baseline.varies, trial.rng("quick").randrange(1 << 31))
    settings = replace(usual, max_seconds=min(SECONDS, usual.max_seconds))
    shop.trees.settle(trial.tree)
    try:
        with (
            lab.shared.quiet.alone(),
            shop.sandbox(trial.against) as base,
            shop.sandbox(trial.tree) as candidate,
        ):
            verdict = compare(base, candidate, shop.workload, settings).verdict
    except SideFailure as broken:
        words = quote(str(broken.of_candidate()), "what happened")
        raise Misuse(f"The workload broke while it was timed:\n{words}") from None
    return _told(verdict)


def _told(verdict: Verdict) -> str:
    if verdict.differs is not None:
        return f"WRONG: the workload's output differs from the original's:\n{quote(verdict.differs, 'how')}"
    worse = f"; worse: {'; '.join(verdict.regressions)}" if verdict.regressions else ""
    return f"{verdict_words(verdict)}{worse}. This was a quick look: it will be measured again for longer."


MEASURE = Tool(
    name="measure",
    description="Measures the workload on your tree against the tree you started from, in a few seconds.",
    arguments=Measure,
    use=measure,
    example={},
)
