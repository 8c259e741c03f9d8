"""From prose to the terms that are indexed."""

import re

STOPWORDS = [
    "a", "about", "above", "after", "again", "against", "all", "also", "am", "an", "and", "any", "are",
    "as", "at", "be", "because", "been", "before", "being", "below", "between", "both", "but", "by",
    "can", "cannot", "could", "did", "do", "does", "doing", "down", "during", "each", "either", "else",
    "ever", "few", "for", "from", "further", "had", "has", "have", "having", "he", "her", "here",
    "hers", "herself", "him", "himself", "his", "how", "however", "i", "if", "in", "into", "is", "it",
    "its", "itself", "just", "least", "let", "like", "likely", "may", "me", "might", "more", "most",
    "must", "my", "myself", "neither", "no", "nor", "not", "of", "off", "often", "on", "once", "only",
    "or", "other", "ought", "our", "ours", "ourselves", "out", "over", "own", "rather", "said", "same",
    "say", "says", "she", "should", "since", "so", "some", "such", "than", "that", "the", "their",
    "theirs", "them", "themselves", "then", "there", "these", "they", "this", "those", "through", "to",
    "too", "under", "until", "up", "upon", "us", "very", "was", "we", "were", "what", "when", "where",
    "which", "while", "who", "whom", "why", "will", "with", "would", "yet", "you", "your", "yours",
    "yourself", "yourselves",
]  # fmt: skip

SUFFIXES = ("ations", "ation", "ments", "ment", "ings", "ing", "ness", "ies", "ed", "ly", "s")


def stem(word: str) -> str:
    """`word` without its ending, if at least four letters remain."""
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word


def paragraphs(text: str) -> list[str]:
    """The paragraphs of `text`, each on one line."""
    found = []
    for block in text.split("\n\n"):
        line = re.sub(r"\s+", " ", block)
        if line.strip():
            found.append(line.strip())
    return found


def term(word: str) -> str:
    """What a lower-case `word` is indexed under; empty for one that carries no meaning."""
    if word in STOPWORDS:
        return ""
    return stem(word)


def terms(text: str) -> list[str]:
    """The terms of `text`, in order, repeats kept."""
    found = []
    for word in text.lower().split():
        indexed = term(re.sub(r"\W", "", word))
        if indexed:
            found.append(indexed)
    return found
