"""A reference page: prose and lists between many blocks of raw HTML."""

import random

import markdown

SECTIONS = 30
WORDS = [
    "option",
    "value",
    "default",
    "entry",
    "returns",
    "number",
    "text",
    "list",
    "item",
    "when",
    "unless",
    "each",
    "first",
    "last",
]


def setup(seed):
    rng = random.Random(seed)
    return "\n\n".join(_section(rng, number) for number in range(SECTIONS))


def _section(rng, number):
    prose = " ".join(rng.choices(WORDS, k=12))
    items = "\n".join(f"- *{rng.choice(WORDS)}*: `{rng.choice(WORDS)}`" for _ in range(2))
    table = "\n".join(
        f"<tr>\n<td>{rng.choice(WORDS)}</td>\n<td>{rng.randrange(100)}</td>\n</tr>" for _ in range(4)
    )
    notes = "\n\n".join(f'<div class="note">\n{rng.choice(WORDS)}\n</div>' for _ in range(4))
    return f"## Entry {number}\n\n{prose}.\n\n{items}\n\n<table>\n{table}\n</table>\n\n{notes}"


def workload(text):
    return markdown.markdown(text)
