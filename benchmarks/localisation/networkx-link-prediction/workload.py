"""Who may become friends next? All missing edges of a network, by what their ends share."""

import random

import networkx as nx

PEOPLE = 110


def setup(seed):
    rng = random.Random(seed)
    return nx.watts_strogatz_graph(PEOPLE, 8, 0.2, seed=rng.randrange(10**6))


def workload(graph):
    likely = sorted(((score, u, v) for u, v, score in nx.jaccard_coefficient(graph)), reverse=True)
    return [(round(score, 9), u, v) for score, u, v in likely[:50]], len(likely)
