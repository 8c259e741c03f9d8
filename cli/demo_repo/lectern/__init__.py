"""Full-text search for a shelf of documents that fits in memory."""

from lectern.index import Document, Index
from lectern.page import page
from lectern.query import Query, parse
from lectern.search import Hit, related, search, suggest

__all__ = ["Document", "Hit", "Index", "Query", "page", "parse", "related", "search", "suggest"]
