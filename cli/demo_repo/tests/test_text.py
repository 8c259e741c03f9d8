import pytest

from lectern.text import paragraphs, stem, term, terms


@pytest.mark.parametrize(
    ("word", "expected"),
    [("gardening", "garden"), ("painted", "paint"), ("letters", "letter"), ("bus", "bus"), ("sing", "sing")],
)
def test_an_ending_goes_if_enough_remains(word, expected):
    assert stem(word) == expected


def test_a_stopword_has_no_term():
    assert term("because") == ""
    assert term("harbours") == "harbour"


def test_terms_keep_order_and_repeats():
    assert terms("The garden, and the gardens: a WINTER garden!") == ["garden", "garden", "winter", "garden"]


def test_paragraphs_are_joined_into_one_line_each():
    assert paragraphs("one\ntwo\n\n\n  three   four \n\n \n") == ["one two", "three four"]
