"""A library's catalogue as a graph: read, asked, and changed."""

import random

from rdflib import Graph, Literal, Namespace
from rdflib.namespace import FOAF, RDF

BOOKS = 60
EX = Namespace("http://example.org/")


def setup(seed):
    rng = random.Random(seed)
    lines = ["@prefix ex: <http://example.org/> .", "@prefix foaf: <http://xmlns.com/foaf/0.1/> ."]
    lines += [_book(rng, number) for number in range(BOOKS)]
    lines += [f'ex:person{number} a foaf:Person ; foaf:name "Person {number}" .' for number in range(12)]
    return "\n".join(lines)


def _book(rng, number):
    return (
        f'ex:book{number} a ex:Book ; ex:title "Book {rng.randrange(999)}" ;'
        f" ex:year {rng.randint(1900, 2020)} ; ex:author ex:person{rng.randrange(12)} ."
    )


def workload(text):
    graph = Graph()
    graph.parse(data=text, format="turtle")
    by_author = {}
    for person in graph.subjects(RDF.type, FOAF.Person):
        books = list(graph.subjects(EX.author, person))
        titles = sorted(str(graph.value(book, EX.title)) for book in books)
        by_author[str(graph.value(person, FOAF.name))] = titles
        for book in books:
            if (book, RDF.type, EX.Book) in graph and int(graph.value(book, EX.year)) < 1950:
                graph.remove((book, EX.year, None))
                graph.add((book, EX.era, Literal("old")))
    old = sorted(str(book) for book in graph.subjects(EX.era, Literal("old")))
    return sorted(by_author.items()), old, len(graph)
