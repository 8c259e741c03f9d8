import pytest

from lectern import Document, Index, Query, parse, related, search, suggest


@pytest.fixture
def index():
    return Index(
        [
            Document("harbour", "Boats keep to the harbour in winter.", {"author": "Lamb"}, ("river", "stone")),
            Document("river", "The river feeds the harbour. Boats follow the river.", {}, ("stone",)),
            Document("stone", "A bridge of stone.", {"author": "Woolf"}, ("harbour", "nowhere")),
        ]
    )


def names(hits):
    return [hit.name for hit in hits]


def test_parse_reads_the_whole_language():
    query = parse("boats +harbours -winter riv* author:Woolf")
    assert query == Query(("boat", "riv*", "author:woolf"), ("harbour",), ("winter",))


def test_the_best_answer_comes_first(index):
    assert names(search(index, parse("river boats"))) == ["river", "harbour"]


def test_required_and_excluded_words(index):
    assert names(search(index, parse("boats +river"))) == ["river"]
    assert names(search(index, parse("boats -winter"))) == ["river"]


def test_fields_and_wildcards(index):
    assert names(search(index, parse("author:woolf"))) == ["stone"]
    assert names(search(index, parse("br?dge sto*"))) == ["stone"]


def test_limit_and_no_answer(index):
    assert len(search(index, parse("boats stone"), limit=1)) == 1
    assert search(index, parse("elephant")) == []


def test_suggest_prefers_the_nearest_then_the_most_frequent(index):
    assert suggest(index, "rivr") == "river"
    assert suggest(index, "ston") == "stone"
    assert suggest(index, "elephant") is None


def test_related_counts_the_ways_to_each_document(index):
    assert related(index, "harbour", steps=1) == {"river": 1, "stone": 1}
    assert related(index, "harbour", steps=2) == {"river": 1, "stone": 2}
