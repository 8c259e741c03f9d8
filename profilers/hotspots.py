"""Which functions of the tree matter, read from a profile. Pure functions.

Frames name code objects; a hotspot is a function as its source names it.
Comprehensions and lambdas count as the function around them, and library code
counts as the line of the tree that called it: those are what one can edit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from hotloop.profilers.definitions import Definition, Sources
from hotloop.profilers.facts import RawFacts, by_function
from hotloop.profilers.profile import Frame, FunctionFacts, Hotspot, Profile, Stack
from hotloop.profilers.ranking import Costs, reasons, score

WHOLE = 0.999
BOUND_LIMIT = 1000.0
LIBRARY = 4


@dataclass
class Tally:
    """Weights of one function, summed over stacks. Callees and callers are functions of the tree."""

    own: float = 0.0
    whole: float = 0.0
    lines: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    own_lines: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    library: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    callers: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    callees: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


def hotspots(
    profile: Profile, tree: Path, excluded: frozenset[str] = frozenset(), raw: RawFacts | None = None
) -> list[Hotspot]:
    """Functions of the tree by what could be gained in them, most first.

    excluded: files, relative to the tree, that may not be edited (the workload).
    raw: what an instrumented run saw; `hotloop.profilers.ranking` ranks better with it.
    """
    sources, total = Sources(tree), profile.total or 1.0
    tallies: defaultdict[Definition, Tally] = defaultdict(Tally)
    for stack in profile.stacks:
        add_stack(stack, sources, tallies, excluded)
    known = by_function(raw, sources.definition) if raw is not None else {}
    facts = {definition.label: known[definition] for definition in known if definition.file not in excluded}
    found = [
        _hotspot(definition, tally, total, profile, facts)
        for definition, tally in tallies.items()
    ]  # fmt: skip
    return sorted(found, key=lambda spot: (-spot.score, -spot.total_share, spot.file, spot.line))


def library_hotspots(profile: Profile) -> list[Hotspot]:
    """All functions, whoever wrote them, by own cost: for what sees no lines of the tree."""
    own: defaultdict[tuple[str, str], float] = defaultdict(float)
    whole: defaultdict[tuple[str, str], float] = defaultdict(float)
    for stack in profile.stacks:
        places = [(frame.file, frame.function) for frame in stack.frames]
        own[places[-1]] += stack.weight
        for place in set(places):
            whole[place] += stack.weight
    total = profile.total or 1.0
    ordered = sorted(whole, key=lambda place: (-own[place], -whole[place], place))
    return [
        Hotspot(
            function=function,
            file=file,
            line=0,
            self_share=own[file, function] / total,
            total_share=whole[file, function] / total,
            bound=amdahl_bound(whole[file, function] / total),
            calls=profile.calls.get(f"{file}:{function}"),
            score=own[file, function] / total,
        )
        for file, function in ordered
    ]


def add_stack(
    stack: Stack, sources: Sources, tallies: defaultdict[Definition, Tally], excluded: frozenset[str]
) -> None:
    """Add one stack; a recursive function counts once, at its innermost line."""
    inside = [
        (number, frame)
        for number, frame in enumerate(stack.frames)
        if frame.in_tree and frame.file not in excluded
    ]
    if not inside:
        return
    path = [(sources.definition(frame), frame.line) for _, frame in inside]
    innermost, line = path[-1]
    tallies[innermost].own += stack.weight
    tallies[innermost].own_lines[line] += stack.weight
    below = stack.frames[inside[-1][0] + 1 :]
    if below:
        tallies[innermost].library[_library_name(below[0])] += stack.weight
    for definition, at in dict(path).items():
        tallies[definition].whole += stack.weight
        tallies[definition].lines[at] += stack.weight
    for caller, callee in _edges([definition for definition, _ in path]):
        tallies[callee].callers[caller.label] += stack.weight
        tallies[caller].callees[callee.label] += stack.weight


def _edges(path: Sequence[Definition]) -> set[tuple[Definition, Definition]]:
    """Who calls whom on one stack: each pair once, however often a recursion repeats it."""
    return {(caller, callee) for caller, callee in pairwise(path) if caller != callee}


def _library_name(frame: Frame) -> str:
    stem = Path(frame.file).stem
    return frame.function if stem in {"", "~"} else f"{stem}.{frame.function}"


def _hotspot(
    definition: Definition,
    tally: Tally,
    total: float,
    profile: Profile,
    facts: Mapping[str, FunctionFacts],
) -> Hotspot:
    mine = facts.get(definition.label)
    costs = Costs(
        label=definition.label,
        own=tally.own / total,
        total=tally.whole / total,
        callees={label: weight / total for label, weight in tally.callees.items()},
    )
    return Hotspot(
        function=definition.name,
        file=definition.file,
        line=definition.line,
        self_share=costs.own,
        total_share=costs.total,
        bound=amdahl_bound(costs.total),
        calls=profile.calls.get(f"{definition.file}:{definition.line}"),
        lines=_shares(tally.lines, total),
        own_lines=_shares(tally.own_lines, total),
        library={name: tally.library[name] / total for name in _most(tally.library, LIBRARY)},
        callers=tuple(_most(tally.callers, 5)),
        score=score(costs, facts),
        reasons=reasons(costs, facts),
        facts=mine,
    )


def _shares(weights: Mapping[int, float], total: float) -> dict[int, float]:
    return {line: weight / total for line, weight in sorted(weights.items())}


def _most(weights: Mapping[str, float], count: int) -> list[str]:
    return sorted(weights, key=lambda name: (-weights[name], name))[:count]


def amdahl_bound(share: float) -> float:
    """Speedup of the whole if a part of `share` cost nothing: 1/(1 - share), at most 1000.

    Amdahl, "Validity of the single processor approach", AFIPS 30, 1967.
    """
    return min(BOUND_LIMIT, 1.0 / (1.0 - share)) if share < WHOLE else BOUND_LIMIT
