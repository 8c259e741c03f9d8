"""Rates of exchange, and ways through a grid."""

import decimal

CENT = decimal.Decimal("0.01")


def rates(year):
    """The rate of each month, exact, as a tuple of Decimals. A year that is no int is refused by TypeError."""
    if not isinstance(year, int):
        raise TypeError("a year is an int")
    found = []
    rate = decimal.Decimal(1)
    for month in range(12):
        for day in range(30):
            rate = rate * (decimal.Decimal(10_000 + (year * 31 + month * 7 + day) % 13 - 6) / 10_000)
        found.append(+rate)
    return tuple(found)


def convert(amounts, year):
    """Amounts (month, number of cents) in the other currency, rounded to cents."""
    return [(cents * CENT * rates(year)[month]).quantize(CENT) for month, cents in amounts]


def paths(grid):
    """How many ways lead from the first cell to the last, going right or down around blocked ones (1)."""

    def ways(row, column):
        if row >= len(grid) or column >= len(grid[0]) or grid[row][column]:
            return 0
        if row == len(grid) - 1 and column == len(grid[0]) - 1:
            return 1
        return ways(row + 1, column) + ways(row, column + 1)

    return ways(0, 0) if grid and grid[0] else 0


def distance(left, right):
    """How many letters must be put, taken or changed to make one word of the other."""
    rows = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) + 1):
        for j in range(len(right) + 1):
            if i == 0 or j == 0:
                rows[i][j] = i + j
            else:
                cost = 0 if left[i - 1] == right[j - 1] else 1
                rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
    return rows[len(left)][len(right)]
