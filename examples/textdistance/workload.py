"""Find an address book's double entries: names compared by several measures."""

import random

import textdistance

FIRST = ("Anna", "Anne", "Jon", "John", "Johann", "Maria", "Mario", "Peter", "Petra", "Sofia", "Sophie")
LAST = ("Meier", "Meyer", "Maier", "Schmidt", "Schmitt", "Smith", "Jansen", "Janssen", "Larsen", "Larson")


def _name(draw):
    name = draw.choice(FIRST) + " " + draw.choice(("", "von ", "M. ")) + draw.choice(LAST)
    place = draw.randrange(len(name))
    return draw.choice((name, name.lower(), name[:place] + draw.choice("aeinrst") + name[place + 1 :]))


def setup(seed):
    draw = random.Random(seed)
    return [(_name(draw), _name(draw)) for _ in range(12)]


def workload(state):
    words = textdistance.MongeElkan(qval=None, algorithm=textdistance.JaroWinkler(external=False))
    measures = [
        textdistance.Levenshtein(external=False),
        textdistance.DamerauLevenshtein(external=False),
        textdistance.JaroWinkler(external=False),
        textdistance.MLIPNS(external=False),
        textdistance.Jaccard(qval=2, external=False),
        textdistance.MRA(external=False),
        textdistance.EntropyNCD(qval=1),
    ]
    return [
        [measure.normalized_similarity(one, other) for measure in measures]
        + [words.similarity(one, other), textdistance.LCSSeq(external=False)(one, other)]
        for one, other in state
    ]
