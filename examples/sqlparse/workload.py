"""A report's queries, parsed and laid out as an editor's "format" command does."""

import random

import sqlparse

TABLES = ("orders", "customers", "invoices", "shipments", "products", "suppliers", "returns")
COLUMNS = ("id", "name", "created_at", "amount", "status", "region", "quantity", "price")


def _column(draw, table):
    return f"{table[0]}.{draw.choice(COLUMNS)}"


def _condition(draw, table):
    column = _column(draw, table)
    numbers = ", ".join(str(draw.randrange(90)) for _ in range(4))
    return draw.choice(
        (
            f"{column} = {draw.randrange(1000)}",
            f"{column} in ({numbers})",
            f"{column} between '2023-01-{draw.randint(1, 28):02}' and '2023-12-31'",
            f"{column} like 'North%'",
            f"{column} is not null",
        )
    )


def _select(draw):
    one, other = draw.sample(TABLES, 2)
    key = _column(draw, one)
    band = f"case when {_condition(draw, one)} then 'high' else 'low' end as band"
    where = " and ".join(_condition(draw, draw.choice((one, other))) for _ in range(draw.randint(1, 3)))
    return (
        f"select {key}, sum({_column(draw, other)}) as total, {band} from {one} {one[0]} "
        f"left join {other} {other[0]} on {one[0]}.id = {other[0]}.{one[:-1]}_id "
        f"where {where} group by {key} order by total desc"
    )


def _insert(draw):
    items = range(draw.randint(3, 6))
    rows = ", ".join(f"({n}, 'item {n * 7}', {draw.random() * 100:.2f})" for n in items)
    return f"insert into {draw.choice(TABLES)} (id, name, price) values {rows}"


def setup(seed):
    draw = random.Random(seed)
    return ";\n".join([_select(draw), _insert(draw), _select(draw), "-- by region\n" + _select(draw)]) + ";"


def workload(state):
    shapes = []
    for statement in sqlparse.parse(state):
        tokens = [(str(token.ttype), token.value) for token in statement.flatten()]
        shapes.append((statement.get_type(), tokens))
    return shapes, sqlparse.format(state, reindent=True, keyword_case="upper", strip_comments=True)
