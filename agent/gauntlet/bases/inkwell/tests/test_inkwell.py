import subprocess
import sys

import pytest

from inkwell import counts, keywords, load, longest, outline, save, sentences, slug, squeeze, stem, stems, table, words
from inkwell.catalogue import describe
from inkwell.index import mentions


def test_words():
    assert words("It's 3 o'clock, Anna!") == ["it's", "3", "o'clock", "anna"]
    assert words("") == []
    assert words("a-b") == ["a", "b"]
    assert words("\u00c4rger \u00fcberall") == ["\u00e4rger", "\u00fcberall"]


def test_counts_keep_the_order_of_first_coming():
    found = counts(["b", "a", "b"])
    assert found == {"b": 2, "a": 1}
    assert list(found) == ["b", "a"]


def test_sentences():
    assert sentences("One. Two! Three") == ["One.", "Two!", "Three"]
    assert sentences("") == []


def test_longest():
    assert longest(["aa", "b", "ccc", "aa", "dd"], 3) == ["ccc", "aa", "dd"]


def test_longest_refuses_a_negative_limit():
    with pytest.raises(ValueError):
        longest(["a"], -1)


def test_keywords():
    assert keywords(["the", "winter", "of", "winter"]) == ["winter", "winter"]


def test_stem():
    assert stem("walkings") == "walk"
    assert stem("sing") == "sing"
    assert stems(["runs", "runs", "bed"]) == ["run", "run", "bed"]


def test_squeeze():
    assert squeeze("  a \t b\n\nc ") == "a b c"
    assert squeeze("") == ""


def test_mentions():
    assert mentions("Anna went.", "Anna")
    assert not mentions("Annabel went.", "Anna")


def test_table():
    rows = [{"name": "Anna", "age": 7}, {"name": "Bo", "age": 12}]
    assert table(rows, ["name", "age"]) == "Anna  7\nBo    12\n"
    assert table([], ["name"]) == ""


def test_slug():
    assert slug("Caf\u00e9 au Lait!") == "cafe-au-lait"


def test_outline():
    assert outline([(1, "A"), (2, "B"), (2, "C"), (1, "D")]) == "1 A\n  1.1 B\n  1.2 C\n2 D"


def test_records_come_back(tmp_path):
    records = [["a", "b"], ["\u00e4", ""]]
    assert save(records, tmp_path / "r") == 2
    assert load(tmp_path / "r") == records


def test_separators_are_refused(tmp_path):
    with pytest.raises(ValueError):
        save([["a\tb"]], tmp_path / "r")


def test_catalogue():
    assert "outline" in describe()


def test_command():
    done = subprocess.run([sys.executable, "-m", "inkwell", "one", "two"], capture_output=True, text=True)
    assert done.stdout == "2\n"
