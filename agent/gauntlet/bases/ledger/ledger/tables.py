"""Rows, groups and matrices."""


def totals(rows, key, value):
    """The sum of row[value] for each row[key], by key, the keys sorted."""
    result = {}
    for name in sorted(set(row[key] for row in rows)):
        total = 0
        for row in rows:
            if row[key] == name:
                total = total + row[value]
        result[name] = total
    return result


def top(rows, value, count):
    """The `count` rows with the largest row[value], the largest first; of equals, the earlier first."""
    rest = list(rows)
    found = []
    while rest and len(found) < count:
        best = rest[0]
        for row in rest:
            if row[value] > best[value]:
                best = row
        found.append(best)
        rest = [row for row in rest if row is not best]
    return found


def product(left, right):
    """The product of two matrices, lists of rows. Raises ValueError where they do not fit."""
    if left and len(left[0]) != len(right):
        raise ValueError("the matrices do not fit")
    columns = len(right[0]) if right else 0
    result = []
    for i in range(len(left)):
        row = []
        for j in range(columns):
            total = 0
            for k in range(len(right)):
                total += left[i][k] * right[k][j]
            row.append(total)
        result.append(row)
    return result


def ordered(rows, keys):
    """Rows sorted by several keys; the rows themselves, in a new list."""
    result = []
    for row in rows:
        at = len(result)
        while at > 0 and [result[at - 1][k] for k in keys] > [row[k] for k in keys]:
            at -= 1
        result.insert(at, row)
    return result


def bits(numbers):
    """How many bits are set in all numbers together; they are not negative."""
    total = 0
    for number in numbers:
        while number:
            total += number % 2
            number //= 2
    return total
