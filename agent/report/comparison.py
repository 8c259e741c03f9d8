"""A comparison on a terminal: the answer in words, what it rests on, where the rest lies."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from hotloop.agent.comparison_record import CompareRecord, Relation
from hotloop.agent.report import numbers
from hotloop.agent.report.escape import line
from hotloop.agent.report.proof import Fact, noise_facts, verdict_facts
from hotloop.agent.report.scaling import scaling_table
from hotloop.agent.report.terminal import facts_table
from hotloop.profilers.verdict import Outcome, Verdict
from hotloop.repos.revisions import Revision

_HEADLINES = {
    Outcome.FASTER: ("Faster", "bold green"),
    Outcome.NOT_FASTER: ("Not faster", "bold"),
    Outcome.INCONCLUSIVE: ("Inconclusive", "bold yellow"),
}
_RELATIONS = {
    Relation.CONFIRMED: "the same answer as then",
    Relation.COMPATIBLE: "compatible with what was found then: the intervals overlap",
    Relation.CONTRADICTED: "not what was found then",
}
_LEFT_OUT = ("Verdict", "Gain that came back elsewhere")
_MOST_NOTES = 8
_SHORT_HASH = 12


def comparison_summary(record: CompareRecord) -> RenderableType:
    """For `rich`; every text in it is a `Text`, so that no markup of a target is read."""
    verdict = record.verdict
    word, style = _HEADLINES[verdict.outcome]
    spoiled = " but worse elsewhere" if verdict.regressions and verdict.outcome is Outcome.FASTER else ""
    figures = numbers.bracketed(verdict.ratio, verdict.low, verdict.high)
    facts = [fact for fact in verdict_facts(verdict) if fact.name not in _LEFT_OUT]
    return Group(
        Text(f"{word}{spoiled}: {figures}", style="bold red" if spoiled else style),
        Text(line(f"{record.name}: {side(record.base)} → {side(record.candidate)}", 400)),
        Text(in_words(verdict)),
        Text(),
        facts_table([*_with_engine(facts, verdict), *noise_facts(record.noise), *_replay(record)]),
        *scaling_table(record.scaling),
        *_warnings(record),
        Text(),
        facts_table(_places(record)),
    )


def side(revision: Revision) -> str:
    """As it was named, with what it was found to be."""
    named = revision.named if revision.kind != "folder" else "the folder as it stands"
    short = revision.identity[:_SHORT_HASH]
    return (
        named if revision.kind == "release" or revision.identity.startswith(named) else f"{named} ({short})"
    )


def in_words(verdict: Verdict) -> str:
    """What the interval says of the threshold."""
    sure, wanted = f"{verdict.confidence * 100:g} %", numbers.ratio(verdict.min_speedup)
    if verdict.differs is not None:
        return "The outputs differ, so no ratio counts."
    if verdict.outcome is Outcome.FASTER:
        return f"At {sure} confidence the whole interval lies above {wanted}."
    if verdict.outcome is Outcome.NOT_FASTER:
        return f"At {sure} confidence the whole interval lies below {wanted}."
    return f"At {sure} confidence neither more nor less than {wanted} could be shown in the time allowed."


def _with_engine(facts: list[Fact], verdict: Verdict) -> list[Fact]:
    decided = "CPU time" if verdict.metric == "cpu" else "wall time"
    engine = f"{verdict.engine}, decided by {decided}, clock {verdict.clock} read from outside the target"
    return [*facts, Fact("Engine", engine)]


def _replay(record: CompareRecord) -> list[Fact]:
    replay = record.replay
    if replay is None:
        return []
    word = _HEADLINES[replay.outcome][0].lower()
    return [
        Fact(f"In {replay.run_id}", f"{word}: {numbers.span(replay.then)}; {_RELATIONS[replay.relation]}")
    ]


def _warnings(record: CompareRecord) -> list[Text]:
    verdict = record.verdict
    found = [f"Worse: {what}" for what in verdict.regressions]
    if verdict.differs is not None:
        found.append(f"Different: {verdict.differs}")
    found += [f"Not compared: values of type {name}" for name in verdict.uncompared]
    found += [f"Note: {note}" for note in record.notes]
    if record.replay is not None:
        found += [f"Not as then: {what}" for what in record.replay.differs]
    rest = len(found) - _MOST_NOTES
    shown = [Text(line(text, 300), style="yellow") for text in found[:_MOST_NOTES]]
    return [*shown, *([Text(f"and {rest} more in compare.json", style="dim")] if rest > 0 else [])]


def _places(record: CompareRecord) -> list[Fact]:
    pair = "base.pyperf.json candidate.pyperf.json"
    return [
        Fact("Kept in", record.folder),
        Fact("Measure again", f"hotloop compare {record.repo} --replay {record.run_id}"),
        Fact("With pyperf", f"python -m pyperf compare_to {pair}"),
    ]
