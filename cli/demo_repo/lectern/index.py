"""Documents, and where each term occurs in them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from lectern.text import paragraphs, terms

BLANK = ["", "-", "n/a", "none", "unknown", "untitled"]


@dataclass(frozen=True)
class Document:
    """A text with fields beside it: a field is a string or a list of strings."""

    name: str
    text: str
    fields: dict[str, str | list[str]] = field(default_factory=dict)
    references: tuple[str, ...] = ()


class Index:
    """An inverted index: `postings[term][name]` is how often the term occurs there."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self.documents: dict[str, Document] = {}
        self.postings: dict[str, dict[str, int]] = {}
        self.lengths: dict[str, int] = {}
        for document in documents:
            self.add(document)

    def add(self, document: Document) -> None:
        """Index one document. Raises ValueError when its name is taken."""
        if document.name in self.documents:
            raise ValueError(f"two documents are called {document.name!r}")
        self.documents[document.name] = document
        found = sum([terms(paragraph) for paragraph in paragraphs(document.text)], [])
        found += field_terms(document.fields)
        self.lengths[document.name] = len(found)
        for term in found:
            counts = self.postings.setdefault(term, {})
            counts[document.name] = counts.get(document.name, 0) + 1

    def vocabulary(self) -> list[str]:
        """Every indexed term, sorted."""
        return sorted(self.postings)

    def rarity(self, term: str) -> float:
        """Inverse document frequency, smoothed so that it is never negative."""
        having = len(self.postings.get(term, {}))
        return math.log(1 + (len(self.documents) - having + 0.5) / (having + 0.5))


def field_terms(fields: dict[str, str | list[str]]) -> list[str]:
    """Terms of the fields that say something, tagged with the field: `author:woolf`."""
    found = []
    for name, value in fields.items():
        if value in BLANK:
            continue
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            for term in terms(part):
                found.append(name + ":" + term)
    return found
