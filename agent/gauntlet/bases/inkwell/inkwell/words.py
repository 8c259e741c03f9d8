"""Texts as words and sentences."""


def words(text):
    """The words of a text in lower case; letters, digits and apostrophes belong to words."""
    found = []
    current = ""
    for char in text:
        if char.isalnum() or char == "'":
            current = current + char.lower()
        elif current:
            found.append(current)
            current = ""
    if current:
        found.append(current)
    return found


def counts(tokens):
    """How often each token comes, by token, in the order of their first coming."""
    result = {}
    for token in tokens:
        if token not in result:
            result[token] = tokens.count(token)
    return result


def sentences(text):
    """Sentences, each with its closing mark; a text that ends without one has a last sentence, too."""
    found = []
    start = 0
    for at in range(len(text)):
        if text[at] in ".!?":
            piece = text[start : at + 1].strip()
            if piece:
                found.append(piece)
            start = at + 1
    rest = text[start:].strip()
    if rest:
        found.append(rest)
    return found


def longest(tokens, limit=5):
    """The longest distinct tokens, the longest first; of equal length, those that came first."""
    if limit < 0:
        raise ValueError("limit must not be negative")
    chosen = []
    for token in tokens:
        if token not in chosen:
            chosen.append(token)
    for _ in range(len(chosen)):
        for at in range(len(chosen) - 1):
            if len(chosen[at]) < len(chosen[at + 1]):
                chosen[at], chosen[at + 1] = chosen[at + 1], chosen[at]
    return chosen[:limit]
