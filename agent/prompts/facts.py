"""What was seen of a hot function, in words: for a coder and for `hotloop profile --facts`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from hotloop.agent.prompts.quoting import one_line
from hotloop.profilers.profile import FunctionFacts, Hotspot, Parameter

LINES = 5
SMALLEST = 0.02
"""Share of the time from which a line or a library call is told of."""

BYTES = 64 << 10
_WIDTH = 300

Key = TypeVar("Key")


def facts_words(hotspots: Sequence[Hotspot], most: int) -> str:
    """A paragraph a function, for the first `most` of which anything is known; empty if none is."""
    told = []
    for number, spot in enumerate(hotspots[:most], 1):
        lines = list(fact_lines(spot))
        if lines:
            head = one_line(f"{number}. {spot.function} ({spot.file}:{spot.line})", _WIDTH)
            told.append("\n".join([head, *(f"   - {one_line(text, _WIDTH)}" for text in lines)]))
    return "\n".join(told)


def fact_lines(spot: Hotspot) -> Iterator[str]:
    """Each fact in one line. All figures are of one call of the workload unless they say otherwise."""
    yield from spot.reasons
    own = [(line, share) for line, share in spot.own_lines.items() if share >= SMALLEST]
    if own:
        told = ", ".join(f"{line} ({share:.0%})" for line, share in _largest(own))
        yield f"own time by line: {told}"
    library = [(name, share) for name, share in spot.library.items() if share >= SMALLEST]
    if library:
        yield "in library code: " + ", ".join(f"{name} ({share:.0%})" for name, share in _largest(library))
    if spot.facts is not None:
        yield from _watched(spot.facts)


def _watched(facts: FunctionFacts) -> Iterator[str]:
    callers = ", ".join(
        f"{count:,.0f} from {caller.rpartition(':')[2]}" for caller, count in facts.callers.items()
    )
    if facts.calls:
        yield f"called {facts.calls:,.0f} times" + (f": {callers}" if callers else "")
    if facts.growth is not None:
        yield f"its calls grow with the input's size to the power {facts.growth:.1f}"
    if facts.repeated:
        yield f"arguments equal to an earlier call's in {facts.repeated:.0%} of {facts.observed} looked at"
    yield from (_parameter(one) for one in facts.parameters if one.types)
    held = [(line, size) for line, size in facts.allocations.items() if size >= BYTES]
    if held:
        told = ", ".join(f"{line} ({size / 1024:,.0f} KiB)" for line, size in _largest(held))
        yield f"memory held by line: {told}"


def _parameter(one: Parameter) -> str:
    total = sum(one.types.values())
    types = sorted(one.types.items(), key=lambda item: -item[1])
    kinds = ", ".join(kind if count == total else f"{kind} {count / total:.0%}" for kind, count in types)
    if not one.sizes:
        return f"{one.name}: {kinds}"
    low, middle, high = one.sizes[0], one.sizes[len(one.sizes) // 2], one.sizes[-1]
    return f"{one.name}: {kinds}, size {low} to {high}, median {middle}"


def _largest(items: Sequence[tuple[Key, float]]) -> list[tuple[Key, float]]:
    return sorted(items, key=lambda item: -item[1])[:LINES]
