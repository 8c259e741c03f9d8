"""Names for an interface: plurals, singulars, articles and counts of a catalogue's nouns."""

import random

import inflect

NOUNS = [
    "invoice", "customer", "address", "company", "category", "analysis", "index", "matrix", "leaf", "knife",
    "child", "person", "mouse", "goose", "sheep", "species", "series", "datum", "criterion", "phenomenon",
    "fungus", "cactus", "octopus", "bus", "glass", "box", "church", "dish", "hero", "potato", "photo",
    "piano", "key", "city", "monkey", "proof", "roof", "half", "shelf", "thief", "wife", "tooth", "foot",
    "ox", "bureau", "chateau", "vertex", "corpus", "genus", "stimulus", "virus", "crisis", "thesis",
    "parenthesis", "appendix", "formula", "alga", "larva", "opera", "aircraft", "deer", "salmon",
    "trousers", "scissors", "passerby", "mother-in-law", "attorney-general", "warehouse", "envelope",
    "quiz", "waltz", "topaz",
]  # fmt: skip
QUALITIES = ("blue", "late", "European", "honest", "hourly", "unique", "overdue", "old", "one-time")


def setup(seed):
    draw = random.Random(seed)
    return [
        (draw.choice(NOUNS), draw.choice(QUALITIES), draw.choice((0, 1, 2, 12, draw.randrange(10_000))))
        for _ in range(60)
    ]


def workload(state):
    engine = inflect.engine()
    lines = []
    for noun, quality, count in state:
        plural = engine.plural(noun)
        lines.append(
            (
                plural,
                engine.singular_noun(plural),
                engine.a(quality + " " + noun),
                engine.number_to_words(count) + " " + engine.plural(noun, count),
                engine.ordinal(count),
            )
        )
    return lines, engine.join([plural for plural, *_ in lines])
