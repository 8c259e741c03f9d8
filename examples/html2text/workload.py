"""Web pages to plain text, as a mail program or a crawler does it."""

import random

import html2text

TEXT = (
    "harbour morning letter under the a of quiet river stone market between seven colours window and "
    "nearly travelled engine paper small country listen with yellow winter because question north"
)
WORDS = TEXT.split()


def _words(draw, least, most):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(least, most)))


def _inline(draw):
    text = _words(draw, 2, 7)
    return draw.choice(
        (
            text,
            text,
            f"<b>{text}</b>",
            f"<em>{text}</em>,",
            f'<a href="/{draw.choice(WORDS)}/{draw.randrange(99)}">{text}</a>',
            f"<code>{draw.choice(WORDS)}</code>",
            f"{text} &amp; {_words(draw, 1, 3)}&nbsp;&mdash;",
        )
    )


def _block(draw):
    lines = "\n   ".join(_inline(draw) for _ in range(draw.randint(3, 8)))
    items = "".join(f"<li>{_inline(draw)}</li>\n" for _ in range(draw.randint(2, 6)))
    row = "".join(f"<td>{_words(draw, 1, 3)}</td>" for _ in range(3))
    return draw.choice(
        (
            f"<p>{lines}</p>",
            f"<p>{lines}</p>",
            f"<h2>{_words(draw, 2, 6)}</h2>",
            f"<ul>{items}</ul>",
            f"<ol>{items}</ol>",
            f"<blockquote><p>{lines}</p></blockquote>",
            f"<pre>{_words(draw, 3, 6)}\n  {_words(draw, 3, 6)}</pre>",
            f"<table><tr><th>{_words(draw, 1, 2)}</th></tr><tr>{row}</tr></table>",
            f'<img src="{draw.choice(WORDS)}.png" alt="{_words(draw, 1, 4)}">',
        )
    )


def setup(seed):
    draw = random.Random(seed)
    return ["<html><body>" + "\n".join(_block(draw) for _ in range(20)) + "</body></html>" for _ in range(3)]


def workload(state):
    texts = []
    for page in state:
        converter = html2text.HTML2Text(baseurl="https://example.org/")
        converter.body_width = 72
        texts.append(converter.handle(page))
    return texts
