"""A page of results, as text."""

import re

from lectern.index import Index
from lectern.search import Hit, related
from lectern.text import term

WIDTH = 64


def page(index: Index, hits: list[Hit]) -> str:
    """Each hit with its fields, its best passage and what it leads to."""
    out = ""
    for place, hit in enumerate(hits, 1):
        document = index.documents[hit.name]
        out += f"{place}. {hit.name} ({hit.score:.3f})\n"
        out += wrap(excerpt(document.text, hit.terms))
        for name, _ in related(index, hit.name).most_common(3):
            out += f"   see also {name}\n"
    return out


def excerpt(text: str, terms: tuple[str, ...], words: int = 24) -> str:
    """The stretch of `words` words with the most of `terms` in it, those marked with asterisks."""
    wanted = list(terms)
    marks = []
    for word in text.split():
        bare = re.sub(r"\W", "", word)
        marks.append(term(bare.lower()) in wanted)
    starts = range(max(1, len(marks) - words + 1))
    best = sorted(starts, key=lambda start: -sum(marks[start : start + words]))[0]
    shown = text.split()[best : best + words]
    return " ".join(f"*{word}*" if mark else word for word, mark in zip(shown, marks[best : best + words]))


def wrap(text: str) -> str:
    """`text` in lines of at most `WIDTH`, indented; a longer word has a line to itself."""
    out = ""
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > WIDTH:
            out += "   " + line + "\n"
            line = word
        else:
            line = line + " " + word if line else word
    return out + "   " + line + "\n" if line else out
