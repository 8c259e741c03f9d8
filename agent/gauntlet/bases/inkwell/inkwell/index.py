"""What a text is about."""

import re

STOP = [
    "the", "of", "and", "to", "in", "that", "was", "his", "he", "with", "which", "as", "for", "her", "had",
    "at", "by", "on", "not", "from", "she", "were", "their", "this", "they", "would", "been", "some", "when",
    "there", "very", "than", "them", "then", "only", "could", "so", "our", "such", "after", "should", "a",
]

SUFFIXES = ("ational", "fulness", "ousness", "ization", "ingly", "edly", "ness", "ment", "ing", "ed", "ly", "es", "s")


def keywords(tokens):
    """The tokens that are no stop words, in order."""
    return [token for token in tokens if token not in STOP]


def stem(word):
    """A word without its suffixes; what is left has three letters at least."""
    changed = True
    while changed:
        changed = False
        for suffix in SUFFIXES:
            if word.endswith(suffix) and len(word) - len(suffix) >= 3:
                word = word[: len(word) - len(suffix)]
                changed = True
                break
    return word


def stems(tokens):
    """The stem of each token."""
    return [stem(token) for token in tokens]


def squeeze(text):
    """Runs of white space become one space; blank space at both ends goes."""
    text = text.replace("\t", " ").replace("\n", " ").replace("\r", " ")
    while "  " in text:
        text = text.replace("  ", " ", 1)
    return text.strip(" ")


def mentions(text, name):
    """Whether a text mentions a name as a word of its own."""
    return re.search(r"\b" + re.escape(name) + r"\b", text) is not None
