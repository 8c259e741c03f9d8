"""Lists as sets."""


def common(left, right):
    """The elements of `left` that are in `right`, in order, each as often as in `left`."""
    return [item for item in left if item in right]


def distinct(items):
    """Each element once, in the order of first coming."""
    found = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def pairs_with_sum(numbers, total):
    """How many pairs of positions hold numbers that add up to `total`."""
    found = 0
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            if numbers[i] + numbers[j] == total:
                found += 1
    return found


def overlaps(intervals):
    """Whether any two (start, end) intervals overlap; ends do not belong to them."""
    found = [
        (one, other)
        for i, one in enumerate(intervals)
        for other in intervals[i + 1 :]
        if one[0] < other[1] and other[0] < one[1]
    ]
    return len(found) > 0


def tally(items: list[object]) -> list[tuple[object, int]]:
    """How often each element comes, in the order of first coming."""
    found = distinct(items)
    return [(one, len([item for item in items if item == one])) for one in found]
