"""Objects: made by the hundred, linked, and dropped."""

from work.knob import FULL, UNITS


class Node:
    def __init__(self, value, rest):
        self.value = value
        self.rest = rest
        self.parts = (value, [value])


def unit(numbers, number):
    head, rows = None, []
    for value in numbers:
        head = Node(value + number, head)
        rows.append({"value": value, "node": head})
    return len(rows) + head.parts[0]


def run(numbers):
    found = [0] * FULL
    for number in range(UNITS):
        found[number % FULL] = unit(numbers, number % FULL)
    return found
