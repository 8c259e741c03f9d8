"""The figures that a verdict rests on, in words."""

from __future__ import annotations

import pytest
from report_records import verdict

from hotloop.agent.report.proof import verdict_facts
from hotloop.profilers.verdict import Interval


@pytest.mark.parametrize(
    ("field", "name"), [("net", "Without start-up"), ("warm", "Warm calls"), ("import_time", "Import")]
)
def test_a_figure_is_told_where_there_is_one(field: str, name: str) -> None:
    told = verdict().model_copy(update={field: Interval(ratio=1.25, low=1.125, high=1.375)})
    shown = {fact.name: fact.value for fact in verdict_facts(told)}

    assert name not in {fact.name for fact in verdict_facts(verdict())}
    for figure in ("1.25", "1.125", "1.375"):
        assert figure in shown[name]
