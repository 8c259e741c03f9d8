"""What was faster and passed everything but was not the one kept: not lost, but stacked.

A round keeps its fastest candidate. The others were measured against the same
tree and often change other places, so the next round tries them together on
top of the one that was kept, as a candidate like any other.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotloop.agent.state import Candidate, Evidence, Proposal
from hotloop.agent.workshop import Workshop
from hotloop.repos.patch import PatchError, apply_patch, patch_between, touched_files

ORIGIN = "stack"


def adopted(evidence: Sequence[Evidence], best: int | None) -> set[int]:
    """The best candidate and those it grew from."""
    by_id = {one.candidate.id: one for one in evidence}
    chain: set[int] = set()
    while best is not None:
        chain.add(best)
        best = by_id[best].candidate.parent
    return chain


def leftovers(evidence: Sequence[Evidence], best: int | None) -> list[Evidence]:
    """Of the last round: passed every gate, yet is not part of the best."""
    chain = adopted(evidence, best)
    last = max((one.candidate.round for one in evidence), default=0)
    return [
        one
        for one in evidence
        if one.candidate.round == last
        and one.passed
        and one.candidate.id not in chain
        and one.candidate.origin != ORIGIN
    ]


def settled(evidence: Sequence[Evidence], best: int | None) -> list[Evidence]:
    """What need not be proposed again: everything but what passed and was left out."""
    chain = adopted(evidence, best)
    return [one for one in evidence if not one.passed or one.candidate.id in chain]


def stack(
    shop: Workshop, best: Candidate | None, parents: dict[int, Candidate], left: Sequence[Evidence]
) -> Proposal | None:
    """One proposal of all that still applies on top of `best`; None when nothing does.

    parents: candidates by id, to tell what each of `left` changed by itself.
    """
    place = shop.folder.work / "stacking"
    tree = shop.candidate_tree("" if best is None else best.patch, place / "tree")
    stacked, touched = [], set[str]()
    for one in left:
        step = own_step(shop, one.candidate, parents)
        try:
            apply_patch(tree, step)
        except PatchError:
            continue
        stacked.append(one.candidate)
        touched.update(touched_files(step))
    if not stacked:
        return None
    texts = {
        path: (tree / path).read_bytes().decode("utf-8")
        for path in sorted(touched)
        if (tree / path).is_file()
    }
    return Proposal(
        summary="; ".join(candidate.summary for candidate in stacked),
        origin=ORIGIN,
        key=f"{ORIGIN}/{'+'.join(str(candidate.id) for candidate in stacked)}",
        edits=texts,
    )


def own_step(shop: Workshop, candidate: Candidate, parents: dict[int, Candidate]) -> str:
    """The patch from the tree that the candidate grew from to its own."""
    before = "" if candidate.parent is None else parents[candidate.parent].patch
    place = shop.folder.work / "stacking"
    return patch_between(
        shop.candidate_tree(before, place / "before"), shop.candidate_tree(candidate.patch, place / "after")
    )
