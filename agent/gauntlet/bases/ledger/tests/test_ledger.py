from decimal import Decimal

import pytest

from ledger.rates import convert, distance, paths, rates
from ledger.series import changes, harmonic, mean, moving_sums, primes, spread
from ledger.sets import common, distinct, overlaps, pairs_with_sum, tally
from ledger.tables import bits, ordered, product, top, totals


def test_moving_sums():
    assert moving_sums([1, 2, 3, 4], 2) == [3, 5, 7]
    assert moving_sums([1], 2) == []
    with pytest.raises(ValueError):
        moving_sums([1], 0)


def test_primes():
    assert primes(20) == [2, 3, 5, 7, 11, 13, 17, 19]
    assert primes(2) == []


def test_changes():
    assert changes([1, 4, 9]) == [3, 5]


def test_mean_and_spread():
    assert mean([1, 2]) == 1.5
    assert mean([]) == 0.0
    assert spread([1.0, 3.0]) == 1.0
    assert spread([5.0]) == 0.0


def test_harmonic():
    assert harmonic(2) == 1.5


def test_common():
    assert common([3, 1, 3, 2], [3, 2]) == [3, 3, 2]


def test_distinct():
    assert distinct([2, 1, 2, 3]) == [2, 1, 3]
    assert distinct([[1], [1], [2]]) == [[1], [2]]


def test_tally():
    assert tally([3, 1.5, 3, "a"]) == [(3, 2), (1.5, 1), ("a", 1)]
    assert tally([]) == []


def test_pairs_with_sum():
    assert pairs_with_sum([1, 3, 2, 2], 4) == 2


def test_overlaps():
    assert overlaps([(0, 2), (1, 3)])
    assert not overlaps([(0, 1), (1, 3)])


def test_totals():
    rows = [{"k": "b", "v": 1}, {"k": "a", "v": 2}, {"k": "b", "v": 3}]
    assert totals(rows, "k", "v") == {"a": 2, "b": 4}
    assert list(totals(rows, "k", "v")) == ["a", "b"]


def test_top():
    rows = [{"v": 1}, {"v": 3}, {"v": 2}]
    assert top(rows, "v", 2) == [{"v": 3}, {"v": 2}]
    assert top(rows, "v", 9) == [{"v": 3}, {"v": 2}, {"v": 1}]


def test_product():
    assert product([[1, 2]], [[3], [4]]) == [[11]]
    with pytest.raises(ValueError):
        product([[1, 2]], [[3]])


def test_ordered_is_stable():
    rows = [{"a": 2, "n": 0}, {"a": 1, "n": 1}, {"a": 2, "n": 2}]
    assert [row["n"] for row in ordered(rows, ["a"])] == [1, 0, 2]


def test_bits():
    assert bits([0, 1, 2, 255]) == 10


def test_rates():
    assert len(rates(2020)) == 12
    assert rates(2020) == rates(2020)
    assert convert([(0, 1000)], 2020)[0] == (Decimal("10.00") * rates(2020)[0]).quantize(Decimal("0.01"))
    with pytest.raises(TypeError):
        rates("2020")


def test_paths():
    assert paths([[0, 0], [0, 0]]) == 2
    assert paths([[0, 1], [1, 0]]) == 0
    assert paths([]) == 0


def test_distance():
    assert distance("kitten", "sitting") == 3
    assert distance("", "ab") == 2
