"""Bytecode: integers, branches, a dictionary of small strings."""

from work.knob import FULL, UNITS


def unit(numbers, number):
    total, seen = number, {}
    for value in numbers:
        total = (total * 31 + value) % 1000003
        if total & 3 == 0:
            seen[str(total & 15)] = value
        elif total & 1:
            total += len(seen)
    return total


def run(numbers):
    found = [0] * FULL
    for number in range(UNITS):
        found[number % FULL] = unit(numbers, number % FULL)
    return found
