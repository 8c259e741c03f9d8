"""What a run of tests did that an honest one rarely does. Pure.

None of it is a failure by itself: a suite may patch its framework or run a test twice. What
base does as well is its own affair; what only a candidate's run does is not believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

MOST = 20
LONGEST = 200  # characters


def anomalies(
    *,
    planned: Sequence[str],
    reported: Sequence[str],
    sentinels: Mapping[str, str | None],
    drawn: int,
    changed: Sequence[str],
) -> tuple[str, ...]:
    """planned: ids of the tests that were collected, in order. reported: ids in the order of the
    reports. sentinels: what those of ours that were reported did wrong. drawn: how many there
    must be. changed: parts of the test framework. The texts hold nothing drawn at random.
    """
    found = [
        *dict.fromkeys(sorted(wrong for wrong in sentinels.values() if wrong is not None)),
        *(["a test of Hotloop's was not reported"] if len(sentinels) < drawn else []),
        *(f"the test framework was changed: {name}" for name in changed),
        *_out_of_plan(planned, [name for name in reported if name not in sentinels]),
    ]
    return tuple(text[:LONGEST] for text in found[:MOST])


def _out_of_plan(planned: Sequence[str], reported: Sequence[str]) -> Iterator[str]:
    if not planned:
        return
    twice = [name for name, times in Counter(reported).items() if times > 1]
    yield from (f"{name} was reported more than once" for name in twice)
    order = {name: number for number, name in enumerate(planned)}
    unknown = [name for name in dict.fromkeys(reported) if name not in order]
    yield from (f"{name} was reported and never collected" for name in unknown)
    numbers = [order[name] for name in dict.fromkeys(reported) if name in order]
    if numbers != sorted(numbers):
        yield "tests were not reported in the order in which they were collected"
