import pytest

from lectern import Document, Index
from lectern.index import field_terms


def test_postings_count_every_occurrence():
    index = Index([Document("a", "river and rivers\n\nstone"), Document("b", "stone stone")])
    assert index.postings == {"river": {"a": 2}, "stone": {"a": 1, "b": 2}}
    assert index.lengths == {"a": 3, "b": 2}


def test_a_name_can_be_used_once():
    with pytest.raises(ValueError, match="two documents are called 'a'"):
        Index([Document("a", "x"), Document("a", "y")])


def test_fields_are_tagged_and_blank_ones_left_out():
    fields = {"author": "Virginia Woolf", "tags": ["room", "money"], "place": "unknown", "editor": ""}
    assert field_terms(fields) == ["author:virginia", "author:woolf", "tags:room", "tags:money"]


def test_a_rare_term_weighs_more():
    index = Index([Document("a", "stone river"), Document("b", "stone"), Document("c", "stone")])
    assert index.rarity("river") > index.rarity("stone") > 0
