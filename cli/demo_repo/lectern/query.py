"""The language people search in: `+must -mustnot some* author:woolf`."""

from dataclasses import dataclass

from lectern.index import Index
from lectern.match import matches
from lectern.text import stem, terms


@dataclass(frozen=True)
class Query:
    """Words to find. A document must have all of `required` and none of `excluded`."""

    wanted: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


def parse(text: str) -> Query:
    """Read a query. Unknown syntax is taken as words."""
    wanted: list[str] = []
    required: list[str] = []
    excluded: list[str] = []
    for part in text.split():
        if part.startswith("+") and len(part) > 1:
            required.extend(_words(part[1:]))
        elif part.startswith("-") and len(part) > 1:
            excluded.extend(_words(part[1:]))
        else:
            wanted.extend(_words(part))
    return Query(tuple(wanted), tuple(required), tuple(excluded))


def _words(part: str) -> list[str]:
    if "*" in part or "?" in part:
        return [part.lower()]
    if ":" in part:
        name, _, value = part.partition(":")
        return [f"{name.lower()}:{stem(value.lower())}"]
    return terms(part)


def expand(index: Index, words: tuple[str, ...]) -> list[str]:
    """The indexed terms that `words` stand for, wildcards spelled out."""
    found = []
    for word in words:
        if "*" not in word and "?" not in word:
            found.append(word)
            continue
        for term in index.vocabulary():
            if matches(word, term):
                found.append(term)
    return found
