"""A small text library."""

from inkwell.index import keywords, squeeze, stem, stems
from inkwell.render import outline, slug, table
from inkwell.store import load, save
from inkwell.words import counts, longest, sentences, words

__all__ = [
    "counts", "keywords", "load", "longest", "outline", "save", "sentences", "slug", "squeeze", "stem",
    "stems", "table", "words",
]
