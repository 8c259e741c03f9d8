"""What a run of tests must answer: a key it signs with, and tests of ours whose outcome is known.

Drawn outside the sandbox for each run, so that nothing in the tree can know it beforehand.
"""

from __future__ import annotations

import hashlib
import hmac
import random
import secrets
from dataclasses import dataclass

_VERBS = ("parses", "keeps", "returns", "rejects", "updates", "reads", "sorts", "merges", "counts", "copies")
_NOUNS = ("empty", "nested", "values", "default", "unicode", "order", "names", "large", "pairs", "edges")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Sentinel:
    """A test of ours. word: what its failure must say. place: a share of the way through the tests."""

    name: str
    word: str
    fails: bool
    place: float


@dataclass(frozen=True)
class Challenge:
    """key: hex, signs every record. sentinels: put among the tests by the reporter."""

    key: str
    sentinels: tuple[Sentinel, ...]


def draw() -> Challenge:
    """Three that must fail (first, last and somewhere) and two that must pass, named like any test."""
    rng = secrets.SystemRandom()
    places = [(True, 0.0), (True, rng.random()), (True, 1.0), (False, rng.random()), (False, rng.random())]
    rng.shuffle(places)
    sentinels = tuple(Sentinel(_name(rng), _word(rng, 12), fails, place) for fails, place in places)
    return Challenge(secrets.token_hex(32), sentinels)


def _name(rng: random.Random) -> str:
    return f"test_{rng.choice(_VERBS)}_{rng.choice(_NOUNS)}_{_word(rng, 6)}"


def _word(rng: random.Random, letters: int) -> str:
    return "".join(rng.choices(_LETTERS, k=letters + rng.randrange(3)))


class Signature:
    """Checks signed lines in order. Each signature covers every record up to its own."""

    def __init__(self, key: str) -> None:
        self._sign = hmac.new(bytes.fromhex(key), digestmod=hashlib.sha256)

    def body(self, line: bytes) -> bytes | None:
        """What a line of the reporter's says; None for any other line."""
        said, _, body = line.partition(b" ")
        after = self._sign.copy()
        after.update(body + b"\n")
        if not hmac.compare_digest(said, after.hexdigest().encode("ascii")):
            return None
        self._sign = after
        return body
