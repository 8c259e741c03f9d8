"""Terms that match a pattern, and terms that nearly match a word."""


def matches(pattern: str, word: str) -> bool:
    """Whether `word` fits `pattern`: `?` stands for one letter, `*` for any number."""
    if not pattern:
        return not word
    if pattern[0] == "*":
        return matches(pattern[1:], word) or (bool(word) and matches(pattern, word[1:]))
    if not word or pattern[0] not in ("?", word[0]):
        return False
    return matches(pattern[1:], word[1:])


def distance(one: str, other: str, limit: int) -> int:
    """Letters to insert, delete or replace to turn one into the other; more than `limit` is limit + 1."""
    if limit < 0 or abs(len(one) - len(other)) > limit:
        return limit + 1
    if not one or not other:
        return len(one) + len(other)
    if one[0] == other[0]:
        return distance(one[1:], other[1:], limit)
    replaced = distance(one[1:], other[1:], limit - 1)
    deleted = distance(one[1:], other, limit - 1)
    inserted = distance(one, other[1:], limit - 1)
    return 1 + min(replaced, deleted, inserted)
