"""Plain text for people."""

import unicodedata


def table(rows, columns):
    """Rows (dicts) as lines of text, a column's width that of its widest cell.

    Raises KeyError for a row that lacks a column.
    """
    text = ""
    for row in rows:
        line = ""
        for column in columns:
            width = max(len(str(other[column])) for other in rows)
            line = line + str(row[column]).ljust(width) + "  "
        text = text + line.rstrip() + "\n"
    return text


def slug(title):
    """A title as a part of a URL."""
    plain = ""
    for char in unicodedata.normalize("NFKD", title):
        if unicodedata.combining(char):
            continue
        if char.isascii() and char.isalnum():
            plain = plain + char.lower()
        elif plain and plain[-1] != "-":
            plain = plain + "-"
    return plain.strip("-")


def outline(headings):
    """Numbered lines for (level, title) pairs; a level below one counts as one."""
    lines = []
    for position in range(len(headings)):
        numbers = []
        for level, _ in headings[: position + 1]:
            level = max(1, level)
            numbers = numbers[:level] + [0] * (level - len(numbers))
            numbers[level - 1] += 1
        level, title = headings[position]
        lines.append("  " * (max(1, level) - 1) + ".".join(str(n) for n in numbers) + " " + title)
    return "\n".join(lines)
