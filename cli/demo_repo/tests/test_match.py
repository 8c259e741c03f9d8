import pytest

from lectern.match import distance, matches


@pytest.mark.parametrize(
    ("pattern", "word", "expected"),
    [
        ("garden", "garden", True),
        ("gar*", "garden", True),
        ("*den", "garden", True),
        ("g*r*n", "garden", True),
        ("g?rden", "garden", True),
        ("garden?", "garden", False),
        ("gar", "garden", False),
        ("*", "", True),
        ("?", "", False),
    ],
)
def test_patterns(pattern, word, expected):
    assert matches(pattern, word) is expected


@pytest.mark.parametrize(
    ("one", "other", "limit", "expected"),
    [
        ("river", "river", 0, 0),
        ("river", "rivers", 2, 1),
        ("river", "riper", 2, 1),
        ("kitten", "sitting", 3, 3),
        ("kitten", "sitting", 2, 3),
        ("", "abc", 3, 3),
        ("ab", "", 1, 2),
    ],
)
def test_distance_stops_counting_past_the_limit(one, other, limit, expected):
    assert distance(one, other, limit) == expected
