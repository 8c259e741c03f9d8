"""Queries of a log are laid out for reading."""

import random

import sqlparse

QUERIES = 3
COLUMNS = 10


def setup(seed):
    rng = random.Random(seed)
    return ";\n".join(_query(rng) for _ in range(QUERIES)) + ";"


def _query(rng):
    columns = ", ".join(f"t{rng.randrange(3)}.c{rng.randrange(40)} AS n{number}" for number in range(COLUMNS))
    values = ", ".join(str(rng.randrange(1000)) for _ in range(14))
    pairs = ", ".join(f"({rng.randrange(99)}, {rng.randrange(99)})" for _ in range(6))
    return (
        f"select {columns} from t0 join t1 on t0.a = t1.b left join (select a, max(b) from t2 group by a) t2"
        f" on t2.a = t0.a where t0.c1 in ({values}) and (t1.c2, t1.c3) in ({pairs})"
        f" and case when t0.x > {rng.randrange(9)} then 1 else coalesce(t1.y, 0) end = 1 order by t0.c1"
    )


def workload(text):
    return sqlparse.format(text, reindent=True, keyword_case="upper", strip_comments=True)
