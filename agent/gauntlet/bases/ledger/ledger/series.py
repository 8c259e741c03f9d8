"""Series of numbers."""


def moving_sums(values, window):
    """The sums of all runs of `window` values. Raises ValueError for a window below one."""
    if window < 1:
        raise ValueError("the window must be one at least")
    sums = []
    for start in range(len(values) - window + 1):
        total = 0
        for value in values[start : start + window]:
            total += value
        sums.append(total)
    return sums


def primes(limit):
    """All primes below `limit`."""
    found = []
    for number in range(2, limit):
        divisors = [d for d in range(2, int(number**0.5) + 1) if number % d == 0]
        if len(divisors) == 0:
            found.append(number)
    return found


def changes(values, steps=1):
    """Each value less the one `steps` before it."""
    return [values[at] - values[at - steps] for at in range(len(values)) if at >= steps]


def mean(values):
    """The mean as a float; 0.0 for no values."""
    total = 0.0
    number = 0
    for value in values:
        total = total + value
        number = number + 1
    return total / number if number else 0.0


def harmonic(count):
    """The sum of 1/1 to 1/count, added from the front."""
    total = 0.0
    for number in range(1, count + 1):
        total += 1.0 / number
    return total


def spread(values):
    """The population variance; 0.0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    total = 0.0
    for value in values:
        total += (value - mean(values)) ** 2
    return total / len(values)
