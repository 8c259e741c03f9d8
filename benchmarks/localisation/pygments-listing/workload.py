"""Source files of several languages as one HTML listing."""

import random

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

LINES = 60


def setup(seed):
    rng = random.Random(seed)
    names = [f"value_{rng.randrange(1000)}" for _ in range(20)]
    python = "\n".join(
        f"def {rng.choice(names)}(a, b={rng.randrange(9)}):\n    return [a, '{rng.choice(names)}', b + 1]"
        for _ in range(LINES // 2)
    )
    settings = "\n".join(f"{rng.choice(names)} = {rng.randrange(100)}" for _ in range(LINES))
    records = ", ".join(f'{{"{rng.choice(names)}": [{rng.random():.3f}, true, null]}}' for _ in range(LINES))
    return [("python", python), ("ini", f"[section]\n{settings}\n"), ("json", f"[{records}]")]


def workload(files):
    pages = [highlight(text, get_lexer_by_name(name), HtmlFormatter(linenos=True)) for name, text in files]
    return [(len(page), page.count("<span")) for page in pages], pages[1]
