"""Friendship circles: do all people of a well connected group know each other by some chain?"""

import random

import networkx as nx

GROUPS = 4
PEOPLE = 300
ACQUAINTED = 0.15


def setup(seed):
    rng = random.Random(seed)
    return [nx.gnp_random_graph(PEOPLE, ACQUAINTED, seed=rng.randrange(10**6)) for _ in range(GROUPS)]


def workload(groups):
    return [(nx.is_connected(group), nx.number_connected_components(group)) for group in groups]
