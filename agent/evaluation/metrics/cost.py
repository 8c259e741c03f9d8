"""Cost per verified speedup: dollars spent for each patch that is shown to be faster.

    sum of costs over all attempts / number of verified attempts

the expected dollars until one succeeds, when attempts are made until one does (Erol et al.,
"Cost-of-Pass: An Economic Framework for Evaluating Language Models", 2025: cost per attempt
over success rate).
"""

from __future__ import annotations

from collections.abc import Sequence

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.metrics.base import Metric


def cost_per_speedup(tasks: Sequence[Task]) -> Metric:
    """Needs the dollars of every attempt; none verified, no figure. Verified: correct, shown to
    be faster than base, and worse in nothing else.

    Rejected attempts cost what they cost. Quarantined tasks and infrastructure failures are
    not among `tasks`, nor is what they cost.
    """
    lacks = tuple(task.id for task in tasks if any(one.cost.usd is None for one in task.attempts))
    terms = {
        task.id: (
            sum(one.cost.usd or 0.0 for one in task.attempts),
            float(sum(one.verified for one in task.attempts)),
        )
        for task in tasks
    }
    return Metric("cost_per_speedup", "cost per verified speedup", "dollars", terms, _each, lacks)


def _each(found: Sequence[float]) -> float | None:
    dollars, verified = found
    return dollars / verified if verified else None
