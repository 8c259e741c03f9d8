"""Notes of a wiki, rendered to HTML."""

import random

import commonmark

TEXT = (
    "release branch notes the a of server deploy setting under every folder reads with returns option "
    "first queue and value before after memory table never driver index cache"
)
WORDS = TEXT.split()


def _words(draw, least, most):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(least, most)))


def _inline(draw):
    text = _words(draw, 2, 6)
    return draw.choice(
        (
            text,
            text,
            f"**{text}**",
            f"*{text}*",
            f"`{text}`",
            f'[{text}](https://example.org/{draw.choice(WORDS)}?page={draw.randrange(99)} "{text}")',
            f"![{text}](/img/{draw.choice(WORDS)}.png)",
            f"{text} &copy; <{draw.choice(WORDS)}@example.org>",
        )
    )


def _block(draw):
    lines = "\n".join(_inline(draw) + " " + _inline(draw) for _ in range(draw.randint(2, 5)))
    items = "\n".join(f"- {_inline(draw)}\n  - {_words(draw, 2, 5)}" for _ in range(draw.randint(2, 4)))
    return draw.choice(
        (
            lines,
            lines,
            "#" * draw.randint(1, 4) + " " + _words(draw, 2, 6),
            items,
            "> " + lines.replace("\n", "\n> "),
            f"```python\n{_words(draw, 3, 6)}\n    {_words(draw, 3, 6)}\n```",
            f"    {_words(draw, 3, 6)}\n    {_words(draw, 3, 6)}",
            f"<div>\n{_words(draw, 2, 4)}\n</div>",
        )
    )


def setup(seed):
    draw = random.Random(seed)
    return ["\n\n".join(_block(draw) for _ in range(14)) + "\n" for _ in range(3)]


def workload(state):
    return [commonmark.commonmark(page) for page in state]
