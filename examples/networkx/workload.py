"""Who matters in a network of followers: go-betweens, groups without rivals, and an order of release."""

import random

import networkx


def setup(seed):
    draw = random.Random(seed)
    popular = [0]
    follows = []
    for person in range(1, 500):
        for other in {draw.choice(popular) for _ in range(draw.choice((1, 1, 2)))}:
            follows.append((person, other))
            popular.append(other)
        popular.append(person)
    return follows, draw.sample(range(500), 20), draw.randrange(1 << 30)


def workload(state):
    follows, people, draws = state
    network = networkx.Graph(follows)
    between = networkx.betweenness_centrality(network, k=20, seed=draws)
    groups = networkx.greedy_color(network, strategy="largest_first")
    order = list(networkx.lexicographical_topological_sort(networkx.DiGraph(follows)))
    shape = networkx.weisfeiler_lehman_graph_hash(network, iterations=2)
    return between, groups, order, shape, [networkx.clustering(network, person) for person in people]
