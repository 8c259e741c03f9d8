from lectern import Document, Index, page, parse, search
from lectern.page import excerpt, wrap


def test_a_page_shows_place_score_passage_and_related():
    index = Index([Document("a", "A stone bridge.", {}, ("b",)), Document("b", "Nothing of note.", {}, ("a",))])
    lines = page(index, search(index, parse("bridges"))).splitlines()
    assert lines[0].startswith("1. a (0.")
    assert lines[1:] == ["   A stone *bridge.*", "   see also b"]


def test_the_excerpt_is_the_stretch_with_most_matches():
    text = "one two three river four rivers five six"
    assert excerpt(text, ("river",), words=4) == "three *river* four *rivers*"


def test_of_equal_stretches_the_first_is_shown():
    assert excerpt("river a b river", ("river",), words=2) == "*river* a"


def test_lines_are_wrapped_at_words():
    assert wrap("word " * 30).splitlines() == ["   " + "word " * 12 + "word"] * 2 + ["   word word word word"]
    assert wrap("") == ""
