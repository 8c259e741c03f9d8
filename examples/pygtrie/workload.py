"""A web server's routes: build the table, look every request up, list a section."""

import random

import pygtrie

PARTS = ("api", "v1", "v2", "users", "orders", "items", "static", "img", "css", "admin", "reports", "daily")


def _path(draw, depth):
    parts = [draw.choice(PARTS) for _ in range(depth)]
    return "/".join(parts) + "/" + str(draw.randrange(30))


def setup(seed):
    draw = random.Random(seed)
    routes = [(_path(draw, draw.randint(1, 5)), number) for number in range(400)]
    requests = [draw.choice(routes)[0] + draw.choice(("", "/edit", "/edit/now")) for _ in range(400)]
    requests += [_path(draw, draw.randint(1, 6)) for _ in range(250)]
    return routes, requests


def workload(state):
    routes, requests = state
    table = pygtrie.StringTrie(separator="/")
    for path, handler in routes:
        table[path] = handler
    found = []
    for request in requests:
        step = table.longest_prefix(request)
        found.append((step.key, step.value) if step else None)
    above = [[step.value for step in table.prefixes(request)] for request in requests[:200]]
    sections = [sorted(table.items(prefix=part)) for part in PARTS if table.has_subtrie(part)]
    for path in requests[:60]:
        table.pop(path, None)
    return found, above, sections, len(table)
