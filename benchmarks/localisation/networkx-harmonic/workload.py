"""How central are a few people of interest in a social network?"""

import random

import networkx as nx

PEOPLE = 150
OF_INTEREST = 6


def setup(seed):
    rng = random.Random(seed)
    graph = nx.barabasi_albert_graph(PEOPLE, 3, seed=rng.randrange(10**6))
    return graph, rng.sample(list(graph), OF_INTEREST)


def workload(state):
    graph, people = state
    found = nx.harmonic_centrality(graph, nbunch=people)
    return {person: round(found[person], 6) for person in people}
