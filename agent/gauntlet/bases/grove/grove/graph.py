"""Graphs: dicts from a node to the list of its neighbours."""


def reachable(graph, start):
    """Every node that can be reached, the start first, in the order of a search in breadth."""
    seen = [start]
    waiting = [start]
    while waiting:
        node = waiting.pop(0)
        for other in graph.get(node, []):
            if other not in seen:
                seen.append(other)
                waiting.append(other)
    return seen


def shortest(graph, start):
    """The least cost from `start` to each node; graph: node to {neighbour: cost}. Costs are not negative."""
    costs = {start: 0}
    open_nodes = [start]
    done = []
    while open_nodes:
        node = min(open_nodes, key=lambda name: costs[name])
        open_nodes.remove(node)
        done.append(node)
        for other, cost in graph.get(node, {}).items():
            if cost < 0:
                raise ValueError("a cost is negative")
            if other not in done and (other not in costs or costs[node] + cost < costs[other]):
                costs[other] = costs[node] + cost
                if other not in open_nodes:
                    open_nodes.append(other)
    return {node: costs[node] for node in sorted(costs)}


def components(graph):
    """The sets of nodes that hang together (edges go both ways), the largest first, each sorted."""
    found = []
    for node in graph:
        if any(node in part for part in found):
            continue
        found.append(sorted(reachable(graph, node)))
    return sorted(found, key=lambda part: (-len(part), part))


def in_order(needs):
    """Every name after those it needs; names that could come next come by name. Raises ValueError for a circle."""
    rest = {name: set(wanted) for name, wanted in needs.items()}
    for wanted in needs.values():
        for name in wanted:
            rest.setdefault(name, set())
    order = []
    while rest:
        ready = sorted(name for name in rest if not rest[name])
        if not ready:
            raise ValueError("the needs form a circle")
        order.append(ready[0])
        del rest[ready[0]]
        for wanted in rest.values():
            wanted.discard(ready[0])
    return order
