"""Which documents answer a query, best first."""

from collections import Counter
from dataclasses import dataclass

from lectern.index import Index
from lectern.match import distance
from lectern.query import Query, expand

SATURATION = 1.2
LENGTH_WEIGHT = 0.75


@dataclass(frozen=True)
class Hit:
    """A document and how well it answers; `terms` are those it was found by."""

    name: str
    score: float
    terms: tuple[str, ...]


def search(index: Index, query: Query, limit: int = 10) -> list[Hit]:
    """The best `limit` documents, by Okapi BM25, ties by name."""
    wanted = expand(index, query.wanted + query.required)
    barred = []
    for term in expand(index, query.excluded):
        for name in index.postings.get(term, {}):
            barred.append(name)
    hits = []
    for name in sorted(index.documents):
        if name in barred or not _has_all(index, name, query.required):
            continue
        present = [term for term in wanted if name in index.postings.get(term, {})]
        if present:
            hits.append(Hit(name, _score(index, name, present), tuple(present)))
    return sorted(hits, key=lambda hit: (-hit.score, hit.name))[:limit]


def _has_all(index: Index, name: str, required: tuple[str, ...]) -> bool:
    for word in required:
        if not any(name in index.postings.get(term, {}) for term in expand(index, (word,))):
            return False
    return True


def _score(index: Index, name: str, present: list[str]) -> float:
    total = 0.0
    for term in present:
        average = sum(index.lengths.values()) / len(index.lengths)
        length = 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * index.lengths[name] / average
        count = index.postings[term][name]
        total += index.rarity(term) * count * (SATURATION + 1) / (count + SATURATION * length)
    return total


def suggest(index: Index, word: str, limit: int = 2) -> str | None:
    """The indexed term nearest to `word`, the more frequent of two as near; None if none is near."""
    near = []
    for term in index.vocabulary():
        away = distance(word, term, limit)
        if away <= limit:
            near.append((away, -sum(index.postings[term].values()), term))
    if not near:
        return None
    return sorted(near)[0][2]


def related(index: Index, name: str, steps: int = 3) -> Counter[str]:
    """Documents reached by following references from `name`, and how often each was reached."""
    reached: Counter[str] = Counter()
    queue = [(name, 0)]
    while queue:
        current, depth = queue.pop(0)
        if depth == steps:
            continue
        for reference in index.documents[current].references:
            if reference in index.documents:
                reached[reference] += 1
                queue.append((reference, depth + 1))
    del reached[name]
    return reached
