"""Analysts' queries are read, their columns listed, and written for another database."""

import random

import sqlglot
from sqlglot import exp

QUERIES = 4


def setup(seed):
    rng = random.Random(seed)
    return [_query(rng) for _ in range(QUERIES)]


def _query(rng):
    columns = ", ".join(f"t{rng.randrange(2)}.c{rng.randrange(30)} AS n{number}" for number in range(6))
    values = ", ".join(str(rng.randrange(1000)) for _ in range(8))
    return (
        f"WITH recent AS (SELECT a, MAX(b) AS b, COUNT(*) AS n FROM t2 WHERE d >"
        f" '2024-0{rng.randint(1, 9)}-01' GROUP BY a) SELECT {columns},"
        f" CASE WHEN t0.x > {rng.randrange(9)} THEN 1 ELSE COALESCE(t1.y, 0) END AS f,"
        f" CAST(t1.z AS DECIMAL(10, 2)) * {rng.random():.3f} + LENGTH(t0.s) AS g,"
        f" ROW_NUMBER() OVER (PARTITION BY t0.c1 ORDER BY t1.c2 DESC) AS r"
        f" FROM t0 JOIN t1 ON t0.a = t1.b LEFT JOIN recent ON recent.a = t0.a"
        f" WHERE t0.c1 IN ({values}) AND (t1.c2 LIKE 'x%' OR NOT t1.c3 BETWEEN 1 AND {rng.randrange(99)})"
        f" ORDER BY n0 LIMIT {rng.randint(5, 500)}"
    )


def workload(queries):
    written = []
    for query in queries:
        tree = sqlglot.parse_one(query, read="mysql")
        columns = sorted({column.sql() for column in tree.find_all(exp.Column)})
        written.append((tree.sql(dialect="postgres"), columns))
    return written
